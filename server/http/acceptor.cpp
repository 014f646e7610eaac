#include "server/http/acceptor.hpp"

#include <fcntl.h>
#include <spdlog/logger.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "server/http/connection.hpp"
#include "server/http/problem.hpp"
#include "server/http/tls.hpp"

namespace pawl::server::http {
namespace {

// Bounds one turn on the thread, so that connections are served in between.
constexpr int max_accepted_per_turn = 64;
// Pause without free descriptors. Connections wait in the system's queue.
constexpr std::chrono::milliseconds pause_without_descriptors{100};
constexpr std::chrono::milliseconds reject_linger_time{500};
constexpr std::size_t max_rejected = 64;

/// Rejected connections that are kept for a moment need descriptors, too.
std::size_t max_rejected_of(const server_settings& s) {
  return std::min<std::size_t>(max_rejected, std::max<std::size_t>(s.max_connections / 4, 1));
}

std::string rejection_bytes(const problem& why) {
  const response answer = to_response(why, "");
  std::string bytes = "HTTP/1.1 " + std::to_string(answer.status) + " ";
  bytes.append(reason_phrase(answer.status)).append("\r\nConnection: close\r\n");
  for (const auto& field : answer.fields)
    bytes.append(field.name).append(": ").append(field.value).append("\r\n");
  return bytes + "Content-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body;
}

/// The answer to a connection beyond a limit.
const std::string& rejection_for(admission why) {
  static const std::string too_many = rejection_bytes(
      {problem_code::unavailable,
       "the server has too many connections (server.max_connections); retry later"});
  static const std::string too_many_from_peer =
      rejection_bytes({problem_code::too_many_requests,
                       "too many connections from this address (server.max_connections_per_peer)"});
  return why == admission::too_many ? too_many : too_many_from_peer;
}

boost::asio::generic::stream_protocol protocol_of(const address& at) {
  if (at.is_unix()) return {AF_UNIX, 0};
  return {at.host.find(':') != at.host.npos ? AF_INET6 : AF_INET, 0};
}

}  // namespace

acceptor::acceptor(std::shared_ptr<core> all, listening_socket from)
    : core_(std::move(all)),
      at_(from.at()),
      strand_(boost::asio::make_strand(core_->context().get_executor())),
      from_(std::make_unique<listening_socket>(std::move(from))),
      ready_(strand_),
      resume_(strand_),
      close_next_(strand_) {}

void acceptor::start() {
  // Asio closes its descriptor, so it gets a duplicate.
  error_code failed;
  ready_.assign(::fcntl(from_->fd(), F_DUPFD_CLOEXEC, 3), failed);
  if (failed) {
    core_->logger().error("cannot wait for connections on {}: {}", to_string(at_),
                          failed.message());
    return;
  }
  wait();
}

void acceptor::stop(std::function<void()> done) {
  core_->run_on(strand_, [self = shared_from_this(), done = std::move(done)] {
    error_code ignored;
    self->ready_.close(ignored);
    self->resume_.cancel();
    self->close_next_.cancel();
    self->rejected_.clear();
    self->from_.reset();
    done();
  });
}

void acceptor::wait() {
  ready_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                    [self = shared_from_this()](const error_code& failed) {
                      if (!failed && self->from_) self->accept_all();
                    });
}

void acceptor::accept_all() {
  for (int accepted = 0; accepted < max_accepted_per_turn; ++accepted) {
    peer who;
    functions::unique_fd fd = accept_one(*from_, who);
    if (!fd && errno == EINTR) continue;
    if (!fd && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
      return pause(errno);
    // Also if a connection ended before it was accepted: wait for the next one.
    if (!fd) break;
    warned_ = false;
    accept(std::move(fd), who);
  }
  wait();
}

void acceptor::pause(int number) {
  if (!std::exchange(warned_, true))
    core_->logger().warn("cannot accept connections: {}; raise the limit of open files (ulimit -n)",
                         std::generic_category().message(number));
  resume_.expires_after(pause_without_descriptors);
  resume_.async_wait([self = shared_from_this()](const error_code& failed) {
    if (!failed && self->from_) self->accept_all();
  });
}

void acceptor::accept(functions::unique_fd fd, const peer& who) {
  const bool counted = !who.loopback;
  const auto admitted = core_->limiter().admit(who.name, counted);
  if (admitted != admission::admitted) return reject(std::move(fd), admitted);
  core_->count_accepted();
  stream_socket socket{boost::asio::make_strand(core_->context().get_executor())};
  error_code failed;
  socket.assign(protocol_of(at_), fd.get(), failed);
  if (failed) return core_->remove(nullptr, who.name, counted);
  (void)fd.release();
  const auto tls = at_.is_unix() ? nullptr : core_->tls();
  auto over = tls ? tls->make_channel(std::move(socket)) : make_plain_channel(std::move(socket));
  std::make_shared<connection>(core_, std::move(over), who, counted)->start();
}

void acceptor::reject(functions::unique_fd fd, admission why) {
  core_->count_refused();
  if (!at_.is_unix() && core_->tls()) return;
  const std::string& bytes = rejection_for(why);
  // Fits into the send buffer of a new connection; if not, the client gets no answer.
  (void)::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::shutdown(fd.get(), SHUT_WR);
  const bool is_first = rejected_.empty();
  if (rejected_.size() >= max_rejected_of(core_->settings())) rejected_.pop_front();
  rejected_.emplace_back(std::chrono::steady_clock::now() + reject_linger_time, std::move(fd));
  if (is_first) close_rejected();
}

void acceptor::close_rejected() {
  const auto now = std::chrono::steady_clock::now();
  while (!rejected_.empty() && rejected_.front().first <= now) rejected_.pop_front();
  if (rejected_.empty()) return;
  close_next_.expires_at(rejected_.front().first);
  close_next_.async_wait([self = shared_from_this()](const error_code& failed) {
    if (!failed) self->close_rejected();
  });
}

}  // namespace pawl::server::http
