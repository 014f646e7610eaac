#include <algorithm>
#include <pawl/assert.hpp>
#include <utility>

#include "server/http/connection.hpp"

namespace pawl::server::http {
namespace {

// Bytes gathered for one write. Further answers wait until the peer has taken these.
constexpr std::size_t max_gathered_bytes = 256 * 1024;
// Stream parts up to this size are copied into one string with their chunk header.
constexpr std::size_t max_copied_chunk = 16 * 1024;

}  // namespace

/// Writes whatever can be written now; otherwise reads, upgrades or ends.
void connection::pump() {
  if (closed_ || is_writing_ || is_calling_handler_ || upgraded_ || lingering_) return;
  while (!slots_.empty() && out_bytes_ < max_gathered_bytes && gather_front()) {
  }
  if (closed_) return;  // a stream broke off
  if (slots_.empty() && out_.empty() && std::exchange(owes_continue_, false))
    push("HTTP/1.1 100 Continue\r\n\r\n");
  if (!out_.empty()) return write();
  if (!slots_.empty() && slots_.front().at == stage::upgrading) return upgrade();
  if (slots_.empty() && stopped_reading_) return end();
  read();
}

/// Queues the bytes of the first answer. Returns true if it is complete, so that the next may
/// follow. Closes the connection if a stream has ended before its length.
bool connection::gather_front() {
  slot& front = slots_.front();
  if (front.at == stage::streaming) return gather_stream(front);
  if (front.at != stage::answered) return false;
  front.report.bytes_out = front.bytes.head.size() + front.bytes.body.size();
  push(std::move(front.bytes.head));
  push(std::move(front.bytes.body));
  retire_front();
  return true;
}

bool connection::gather_stream(slot& of) {
  const std::uint64_t before = out_bytes_;
  push(std::exchange(of.bytes.head, {}));
  outbox::batch batch = of.body->take();
  std::size_t taken = 0;
  for (std::string& part : batch.parts) {
    taken += part.size();
    if (of.body_left) {
      part.resize(std::min<std::uint64_t>(part.size(), *of.body_left));
      *of.body_left -= part.size();
    }
    if (part.empty() || of.options.head_only) continue;
    if (of.options.http_1_0 || of.body_left) {
      push(std::move(part));
    } else if (part.size() <= max_copied_chunk) {
      push(chunk_head(part.size()).append(part).append(chunk_end));
    } else {
      push(chunk_head(part.size()));
      push(std::move(part));
      push(std::string{chunk_end});
    }
  }
  if (taken != 0) sending_.emplace_back(of.body, taken);
  const bool ended = batch.ended || of.options.head_only;
  const bool is_chunked = !of.options.http_1_0 && !of.options.head_only && !of.body_left;
  if (ended && is_chunked) push(std::string{last_chunk});
  of.report.bytes_out += out_bytes_ - before;
  if (ended && !of.options.head_only && of.body_left.value_or(0) > 0) {
    // Ends the connection when what comes before is written.
    if (out_.empty()) close_now();
    return false;
  }
  if (ended) retire_front();
  return ended;
}

void connection::push(std::string bytes) {
  if (bytes.empty()) return;
  out_bytes_ += bytes.size();
  out_.push_back(std::move(bytes));
}

void connection::retire_front() {
  written_.push_back(std::move(slots_.front()));
  slots_.pop_front();
}

void connection::write() {
  gathered_buffers buffers{};
  for (std::size_t i = 0; i < buffers.size() && i < out_.size(); ++i)
    buffers[i] = boost::asio::buffer(out_[i]);
  buffers[0] += out_begin_;
  is_writing_ = true;
  set_write_deadline(std::chrono::steady_clock::now() + core_->settings().write_timeout_ms);
  channel_->async_write_some(
      buffers, [self = shared_from_this()](const error_code& failed, std::size_t size) {
        self->on_write(failed, size);
      });
}

void connection::on_write(const error_code& failed, std::size_t size) {
  is_writing_ = false;
  if (closed_) return;
  count_out(size);
  if (failed) return close_now();
  out_bytes_ -= size;
  out_begin_ += size;
  while (!out_.empty() && out_begin_ >= out_.front().size()) {
    out_begin_ -= out_.front().size();
    out_.pop_front();
  }
  if (!out_.empty()) return write();
  after_write();
}

void connection::after_write() {
  set_write_deadline(never);
  for (const auto& [body, bytes] : std::exchange(sending_, {})) body->sent(bytes);
  for (slot& one : std::exchange(written_, {})) report(one);
  if (closed_) return;
  call_handler();
  if (stopped_reading_) return pump();
  take_requests();
}

/// Finishes a request: updates the counters, ends its body and calls the observer.
void connection::report(slot& of) {
  core_->count_answer();
  if (of.body) of.body->finish();
  if (of.ends) of.ends->reset_receiver();
  of.lost = nullptr;
  of.lease.release();
  if (of.report.bytes_out <= output_lease::small_answer)
    window_ = std::min<std::size_t>(2 * window_, core_->settings().max_pipelined);
  if (of.report.status == 0) of.report.status = 499;
  of.report.duration = std::chrono::steady_clock::now() - of.since;
  core_->observe(of.report);
}

void connection::upgrade() {
  PAWL_ASSERT(!is_reading_, "bytes after a handshake belong to the WebSocket");
  slot& front = slots_.front();
  web_socket_handshake handshake{
      .key = front.web_socket_key, .rest = reader_.take_rest(), .fields = {}};
  for (const auto& field : common_fields({}, front.options))
    handshake.fields.emplace_back(field.name, field.value);
  upgraded_ = make_web_socket(shared_from_this(), std::move(handshake), front.ends);
  upgraded_->start();
}

}  // namespace pawl::server::http
