#include "server/http/core.hpp"

#include <charconv>
#include <random>

#include "server/http/connection.hpp"
#include "server/http/tls.hpp"

namespace pawl::server::http {
namespace {

std::string as_hex(std::uint64_t number) {
  char digits[16];
  const auto [end, code] = std::to_chars(std::begin(digits), std::end(digits), number, 16);
  return {digits, end};
}

/// Distinguishes the request ids of one server process from those of another.
std::string make_id_prefix() {
  std::random_device random;
  return as_hex(random()) + "-";
}

}  // namespace

core::core(listener_options parts)
    : parts_(std::move(parts)),
      limiter_(settings().max_connections, settings().max_connections_per_peer),
      pending_(settings().max_pending_bytes),
      output_(std::make_shared<detail::fair_budget>(settings().max_output_bytes)),
      id_prefix_(make_id_prefix()) {}
core::~core() = default;

void core::close_gate() {
  const std::unique_lock lock{gate_};
  gate_is_open_ = false;
}

void core::add(const std::shared_ptr<connection>& one) {
  const std::lock_guard lock{mutex_};
  connections_.emplace(one.get(), one);
}

void core::remove(const connection* one, const std::string& peer, bool counted) {
  {
    const std::lock_guard lock{mutex_};
    connections_.erase(one);
  }
  limiter_.release(peer, counted);
}

std::vector<std::shared_ptr<connection>> core::all() {
  const std::lock_guard lock{mutex_};
  std::vector<std::shared_ptr<connection>> found;
  found.reserve(connections_.size());
  for (const auto& [key, weak] : connections_)
    if (auto one = weak.lock()) found.push_back(std::move(one));
  return found;
}

std::shared_ptr<void> core::acquire_stream_slot() {
  if (streams_.fetch_add(1) >= settings().max_streams) {
    --streams_;
    return nullptr;
  }
  const auto release = [self = shared_from_this()](void*) { --self->streams_; };
  return {this, release};
}

std::string core::next_request_id() {
  return id_prefix_ + as_hex(++ids_);
}

void core::observe(const finished_request& one) const {
  if (parts_.observer) parts_.observer(one);
}

std::shared_ptr<const tls_context> core::tls() const {
  const std::lock_guard lock{mutex_};
  return tls_;
}

result<void> core::load_tls() {
  if (settings().tls_cert.empty() && settings().tls_key.empty()) return {};
  auto made = tls_context::load(settings().tls_cert, settings().tls_key);
  if (!made) return std::move(made).error();
  const std::lock_guard lock{mutex_};
  tls_ = *std::move(made);
  return {};
}

listener_stats core::stats() const noexcept {
  listener_stats now;
  now.connections = limiter_.count();
  now.streams = streams_;
  now.in_flight = in_flight_;
  now.pending_bytes = pending_.used();
  now.output_bytes = output_->used();
  now.accepted = accepted_;
  now.refused = refused_;
  now.requests = requests_;
  now.bytes_in = bytes_in_;
  now.bytes_out = bytes_out_;
  return now;
}

}  // namespace pawl::server::http
