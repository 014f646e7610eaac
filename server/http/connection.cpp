#include "server/http/connection.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <utility>

namespace pawl::server::http {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t small_input = 4 * 1024;  // memory of an idle connection
constexpr std::size_t large_input = 64 * 1024;
// After the last answer the connection reads on for this long and this many bytes: closing a socket
// with unread input resets the connection, and the peer may lose the answer.
constexpr std::chrono::milliseconds linger_time{1'000};
constexpr std::chrono::milliseconds short_linger_time{200};  // while the server stops
constexpr std::size_t max_lingered = 1u << 20;

reader_limits limits_of(const server_settings& s, std::uint64_t streamed_bytes) {
  return {.url_bytes = s.max_url_bytes,
          .header_bytes = s.max_header_bytes,
          .header_fields = s.max_header_fields,
          .body_bytes = s.max_body_bytes,
          .streamed_bytes = streamed_bytes};
}

}  // namespace

connection::connection(std::shared_ptr<core> all, std::unique_ptr<channel> over, peer who,
                       bool counted)
    : core_(std::move(all)),
      channel_(std::move(over)),
      peer_(std::move(who)),
      counted_(counted),
      reader_(limits_of(core_->settings(), core_->handler().max_sink_bytes())),
      pending_holder_(peer_.name),
      window_(std::min<std::size_t>(2, core_->settings().max_pipelined)),
      timer_(channel_->on()) {}

void connection::start() {
  core_->add(shared_from_this());
  core_->run_on(on(), [self = shared_from_this()] {
    // A stopping listener drains the connections it finds; it may have missed this one.
    if (self->core_->is_stopping()) return self->close_now();
    self->read_deadline_ = steady_clock::now() + self->core_->settings().header_timeout_ms;
    self->arm_timer();
    self->channel_->async_begin([self](const error_code& failed) { self->begin_reading(failed); });
  });
}

void connection::begin_reading(const error_code& failed) {
  if (closed_) return;
  if (failed) return close_now();
  begun_ = true;
  if (draining_) return close_now();
  update_read_deadline();
  read();
}

bool connection::wants_input() const {
  if (closed_ || is_reading_ || !begun_ || at_end_of_input_ || upgraded_) return false;
  if (lingering_) return true;
  if (is_passing_) return false;
  // Bytes after a handshake belong to the WebSocket.
  if (!slots_.empty() && slots_.back().wants_web_socket) return false;
  // No request is expected after a stream, but reading detects a disconnect.
  if (!slots_.empty() && slots_.front().at == stage::streaming)
    return reader_.buffered() < large_input;
  if (stopped_reading_) return has_disconnect_handler();
  // A request that waits for an event must notice that its peer has gone.
  if (is_full()) return has_disconnect_handler() && reader_.buffered() < large_input;
  return slots_.size() < core_->settings().max_pipelined;
}

std::size_t connection::unsent() const noexcept {
  std::size_t bytes = out_bytes_;
  for (const slot& one : slots_)
    if (one.at == stage::answered) bytes += one.bytes.head.size() + one.bytes.body.size();
  return bytes;
}

bool connection::is_full() const noexcept {
  const bool one_waits = !slots_.empty() && slots_.back().at == stage::waiting;
  return one_waits || unsent() > max_unsent;
}

bool connection::has_disconnect_handler() const {
  return std::any_of(slots_.begin(), slots_.end(),
                     [](const slot& one) { return one.on_disconnect != nullptr; });
}

void connection::read() {
  if (!wants_input()) return;
  is_reading_ = true;
  const std::size_t wanted = reader_.is_in_body() ? large_input : small_input;
  if (input_.size() != wanted) input_ = std::vector<char>(wanted);
  channel_->async_read_some(
      boost::asio::buffer(input_),
      [self = shared_from_this()](const error_code& failed, std::size_t size) {
        self->on_read(failed, size);
      });
}

void connection::on_read(const error_code& failed, std::size_t size) {
  is_reading_ = false;
  if (closed_) return;
  count_in(size);
  if (lingering_ && failed) return close_now();
  if (failed) return on_end_of_input(failed);
  if (stopped_reading_) {
    lingered_ += size;
    return lingered_ > max_lingered ? close_now() : read();
  }
  reader_.feed({input_.data(), size});
  // A long body has no deadline as a whole, but each part of it.
  if (admitted_.sink && read_phase_ == reading::body)
    read_deadline_ = steady_clock::now() + core_->settings().body_timeout_ms;
  if (!account_pending()) return refuse_pending();
  take_requests();
}

void connection::on_end_of_input(const error_code& failed) {
  at_end_of_input_ = true;
  stop_reading();
  const bool orderly = failed == boost::asio::error::eof;
  const bool has_stream = std::any_of(slots_.begin(), slots_.end(), [](const slot& one) {
    return one.at == stage::streaming || one.at == stage::upgrading;
  });
  // A peer that shut down its sending side still gets its answers, but not streams.
  if (!orderly || has_stream) return close_now();
  if (slots_.empty() && !is_writing_) return close_now();
  notify_disconnected();
  pump();
}

/// Notifies the pending requests that the peer has disconnected.
void connection::notify_disconnected() {
  std::vector<std::function<void()>> callbacks;
  for (slot& one : slots_) {
    if (!one.on_disconnect) continue;
    one.disconnected = true;
    callbacks.push_back(std::exchange(one.on_disconnect, nullptr));
  }
  for (const auto& callback : callbacks) callback();
}

void connection::stop_reading() {
  stopped_reading_ = true;
  (void)account_pending();
  update_read_deadline();
}

void connection::take_requests() {
  while (!closed_ && !stopped_reading_ && slots_.size() < core_->settings().max_pipelined &&
         !is_full() && !is_passing_) {
    if (!slots_.empty() && slots_.back().wants_web_socket) break;
    const auto step = reader_.next();
    if (!account_pending()) return refuse_pending();
    if (step == request_reader::step::refused) return refuse(reader_.error(), admitted_.route);
    if (step == request_reader::step::need_more) {
      pass_body();
      break;
    }
    if (step == request_reader::step::head) {
      if (!admit()) return;
      continue;
    }
    owes_continue_ = false;
    incoming one = reader_.take();
    const bool is_last = !one.keep_alive || draining_;
    add_request(std::move(one));
    hold_pending_as(peer_.name);
    if (is_last) stop_reading();
    if (!answer_locally(slots_.back())) call_handler();
    (void)account_pending();
  }
  if (closed_) return;
  update_read_deadline();
  pump();
}

void connection::pass_body() {
  if (!admitted_.sink) return;
  std::string bytes = reader_.take_body();
  if (bytes.empty()) return;
  is_passing_ = true;
  const auto sink = admitted_.sink;  // what comes in the call may refuse the request
  sink->write(std::move(bytes), [self = shared_from_this()](std::optional<problem> refused) {
    self->core_->run_on(self->on(), [self, refused = std::move(refused)] {
      self->is_passing_ = false;
      if (self->closed_ || self->stopped_reading_) return;
      if (refused) return self->refuse(*refused, self->admitted_.route);
      self->take_requests();
    });
  });
}

bool connection::admit() {
  request& head = reader_.current_request();
  head.peer = peer_.name;
  head.loopback = peer_.loopback;
  head.id = request_id_of(head);
  admitted_ = {};
  admitted_.takes_body = false;
  if (!is_answered_locally(head)) admitted_ = core_->handler().admit(head);
  const auto& refused = admitted_.refused;
  const bool is_used = admitted_.takes_body && !refused;
  const bool fits = !is_used         ? reader_.ignore_body()
                    : admitted_.sink ? reader_.stream_body(admitted_.max_sink_bytes)
                                     : reader_.body_fits();
  // The peer has not sent the body yet, or sends more than what is worth reading.
  if (refused && (!fits || reader_.current().asks_continue)) {
    refuse(*refused, admitted_.route);
    return false;
  }
  if (!fits) {
    const std::uint64_t most =
        admitted_.sink ? admitted_.max_sink_bytes : core_->settings().max_body_bytes;
    refuse({problem_code::body_too_large,
            is_used ? "the body is longer than " + std::to_string(most) + " bytes"
                    : "this endpoint does not accept a body"},
           admitted_.route);
    return false;
  }
  owes_continue_ = reader_.current().asks_continue;
  if (!admitted_.holder.empty()) hold_pending_as(admitted_.holder);
  if (admitted_.sink && reader_.announced()) {
    admitted_.sink_bytes = static_cast<std::size_t>(
        std::min<std::uint64_t>(admitted_.sink_bytes, *reader_.announced()));
  }
  if (account_pending()) return true;
  refuse_pending();
  return false;
}

/// Updates the number of bytes reserved over all connections. Returns false beyond the limit.
bool connection::account_pending() {
  if (closed_) return true;
  std::size_t held = stopped_reading_ ? 0 : reader_.buffered();
  if (admitted_.sink) held = std::max(held, admitted_.sink_bytes);
  for (const slot& one : slots_) {
    held += one.what.body.size();
    if (one.admitted.sink) held += one.admitted.sink_bytes;
  }
  auto& all = core_->pending();
  if (held < pending_) all.give_back(pending_holder_, pending_ - held);
  if (held > pending_ && !all.try_take(pending_holder_, held - pending_)) return false;
  pending_ = held;
  return true;
}

/// Moves what is reserved to the share of another holder.
void connection::hold_pending_as(std::string holder) {
  if (holder == pending_holder_) return;
  auto& all = core_->pending();
  all.give_back(pending_holder_, pending_);
  all.take(holder, pending_);
  pending_holder_ = std::move(holder);
}

void connection::release_pending() {
  core_->pending().give_back(pending_holder_, std::exchange(pending_, 0));
}

void connection::refuse_pending() {
  refuse({problem_code::unavailable,
          "the server is reading too many requests (server.max_pending_bytes)"},
         admitted_.route);
}

void connection::refuse(problem why, std::string_view route) {
  owes_continue_ = false;
  incoming unread;
  unread.what.method = reader_.current().what.method;
  unread.what.id = reader_.current().what.id;
  unread.keep_alive = false;
  const std::string refused_route{route};
  admitted_ = {};
  add_request(std::move(unread));
  slot& last = slots_.back();
  last.report.route = refused_route;
  set_answer(last, to_response(why, last.options.request_id));
  stop_reading();
  pump();
}

/// Sets the deadline for the input expected from the peer now.
void connection::update_read_deadline() {
  auto phase = reading::idle;
  if (lingering_ || upgraded_) return;
  if (stopped_reading_ || is_passing_ || slots_.size() >= core_->settings().max_pipelined ||
      is_full()) {
    phase = reading::nothing;
  } else if (reader_.is_in_body()) {
    phase = reading::body;
  } else if (!reader_.is_idle()) {
    phase = reading::head;
  } else if (!slots_.empty()) {
    phase = reading::paused;
  }
  if (phase == read_phase_) return;
  read_phase_ = phase;
  const server_settings& s = core_->settings();
  switch (phase) {
    case reading::nothing:
    case reading::paused:
      read_deadline_ = never;
      return;
    case reading::idle:
      read_deadline_ = steady_clock::now() + s.idle_timeout_ms;
      break;
    case reading::head:
      read_deadline_ = steady_clock::now() + s.header_timeout_ms;
      break;
    case reading::body:
      read_deadline_ = steady_clock::now() + s.body_timeout_ms;
      break;
  }
  arm_timer();
}

/// Arms the timer that serves both deadlines. A timer that already expires early enough is left
/// alone and re-armed when it expires, so most requests do not touch it.
void connection::arm_timer() {
  const time_point next = std::min(read_deadline_, write_deadline_);
  if (closed_ || next == never || timer_at_ <= next) return;
  timer_at_ = next;
  timer_.expires_at(next);
  timer_.async_wait([self = shared_from_this()](const error_code& failed) {
    if (failed || self->closed_) return;
    self->timer_at_ = never;
    self->on_deadline();
  });
}

void connection::on_deadline() {
  const time_point now = steady_clock::now();
  if (write_deadline_ <= now) return close_now();
  if (read_deadline_ > now) return arm_timer();
  read_deadline_ = never;
  const bool is_slow = read_phase_ == reading::head || read_phase_ == reading::body;
  if (!is_slow || !begun_ || lingering_) return close_now();
  arm_timer();
  refuse({problem_code::timed_out, "the request was not received in time"});
}

/// Everything is written: shuts down the sending side and waits for the peer to read it.
void connection::end() {
  if (closed_ || lingering_) return;
  channel_->end();
  if (at_end_of_input_) return close_now();
  lingering_ = true;
  read_deadline_ = steady_clock::now() + (draining_ ? short_linger_time : linger_time);
  arm_timer();
  read();
}

void connection::drain() {
  core_->run_on(on(), [self = shared_from_this()] {
    if (self->closed_ || std::exchange(self->draining_, true)) return;
    for (const slot& one : self->slots_)
      if (one.body && !one.body_left) one.body->close(1001, "the server is stopping");
    if (self->upgraded_) return;
    if (!self->begun_ || (self->slots_.empty() && !self->is_writing_ && self->reader_.is_idle()))
      return self->close_now();
    // A partly received request is still read to its end.
    if (self->reader_.is_idle()) self->stop_reading();
    self->pump();
  });
}

void connection::kill() {
  core_->run_on(on(), [self = shared_from_this()] { self->close_now(); });
}

void connection::close_now() {
  if (std::exchange(closed_, true)) return;
  const auto self = shared_from_this();  // a callback may release the last exchange
  timer_.cancel();
  channel_->close();
  release_pending();
  admitted_ = {};
  std::vector<std::function<void()>> callbacks;
  for (slot& one : written_) callbacks.push_back(std::move(one.lost));
  for (slot& one : slots_) {
    callbacks.push_back(std::move(one.lost));
    callbacks.push_back(std::move(one.on_disconnect));
  }
  for (slot& one : slots_) report(one);
  for (slot& one : written_) report(one);
  slots_.clear();
  written_.clear();
  sending_.clear();
  out_.clear();
  upgraded_.reset();
  core_->remove(this, peer_.name, counted_);
  for (const auto& callback : callbacks)
    if (callback) callback();
}

void connection::count_in(std::size_t bytes) {
  core_->count_in(bytes);
}

void connection::count_out(std::size_t bytes) {
  core_->count_out(bytes);
}

void connection::set_write_deadline(std::chrono::steady_clock::time_point at) {
  write_deadline_ = at;
  arm_timer();
}

}  // namespace pawl::server::http
