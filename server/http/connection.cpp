#include "server/http/connection.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <utility>

namespace pawl::server::http {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t small_input = 4 * 1024;  // an idle connection holds this much
constexpr std::size_t large_input = 64 * 1024;
// How long, and for how many bytes, a peer is listened to that should read its last answer: closing
// with unread input would make the system take the answer back.
constexpr std::chrono::milliseconds linger_time{1'000};
constexpr std::chrono::milliseconds short_linger_time{200};  // while the server stops
constexpr std::size_t max_lingered = 1u << 20;

reader_limits limits_of(const server_settings& s) {
  return {.url_bytes = s.max_url_bytes,
          .header_bytes = s.max_header_bytes,
          .header_fields = s.max_header_fields,
          .body_bytes = s.max_body_bytes};
}

}  // namespace

connection::connection(std::shared_ptr<core> all, std::unique_ptr<channel> over, peer who,
                       bool counted)
    : core_(std::move(all)),
      channel_(std::move(over)),
      peer_(std::move(who)),
      counted_(counted),
      reader_(limits_of(core_->settings())),
      timer_(channel_->on()) {}

void connection::start() {
  core_->enter(shared_from_this());
  core_->run_on(on(), [self = shared_from_this()] {
    // A listener that stops asks those that it finds; this one came too late to be found.
    if (self->core_->is_stopping()) return self->close_now();
    self->read_deadline_ = steady_clock::now() + self->core_->settings().header_timeout_ms;
    self->watch();
    self->channel_->async_begin([self](const error_code& failed) { self->begin_reading(failed); });
  });
}

void connection::begin_reading(const error_code& failed) {
  if (closed_) return;
  if (failed) return close_now();
  begun_ = true;
  if (draining_) return close_now();
  follow_reading();
  read();
}

bool connection::wants_input() const {
  if (closed_ || is_reading_ || !begun_ || at_end_of_input_ || upgraded_) return false;
  if (lingering_) return true;
  // What comes behind a handshake is for the WebSocket.
  if (!slots_.empty() && slots_.back().wants_web_socket) return false;
  // Behind a stream nothing is expected, but this is how the end of its reader is noticed.
  if (!slots_.empty() && slots_.front().at == stage::streaming) return reader_.held() < large_input;
  if (stopped_reading_) return is_waited_for();
  return slots_.size() < core_->settings().max_pipelined;
}

bool connection::is_waited_for() const {
  return std::any_of(slots_.begin(), slots_.end(),
                     [](const slot& one) { return one.gone != nullptr; });
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
  take_requests();
}

void connection::on_end_of_input(const error_code& failed) {
  at_end_of_input_ = true;
  stop_reading();
  const bool orderly = failed == boost::asio::error::eof;
  const bool has_stream = std::any_of(slots_.begin(), slots_.end(), [](const slot& one) {
    return one.at == stage::streaming || one.at == stage::upgrading;
  });
  // A peer that only sends no more still gets its answers; nobody waits for a stream so.
  if (!orderly || has_stream) return close_now();
  if (slots_.empty() && !is_writing_) return close_now();
  tell_gone();
  pump();
}

/// Tells those who wait with their answer that nobody may be there to read it.
void connection::tell_gone() {
  std::vector<std::function<void()>> all;
  for (slot& one : slots_) {
    if (!one.gone) continue;
    one.told_gone = true;
    all.push_back(std::exchange(one.gone, nullptr));
  }
  for (const auto& tell : all) tell();
}

void connection::stop_reading() {
  stopped_reading_ = true;
  core_->give_pending(std::exchange(pending_, 0));
  follow_reading();
}

void connection::take_requests() {
  while (!closed_ && !stopped_reading_ && slots_.size() < core_->settings().max_pipelined) {
    if (!slots_.empty() && slots_.back().wants_web_socket) break;
    const auto step = reader_.next();
    if (!account_pending())
      return refuse({503, "unavailable", "the server reads as many requests as it may"});
    if (step == request_reader::step::refused) return refuse(reader_.why());
    if (step == request_reader::step::need_more) break;
    if (step == request_reader::step::head) {
      owes_continue_ = reader_.current().asks_continue;
      continue;
    }
    owes_continue_ = false;
    incoming one = reader_.take();
    const bool is_last = !one.keep_alive || draining_;
    add_request(std::move(one));
    (void)account_pending();
    if (is_last) stop_reading();
    if (!answer_here(slots_.back())) launch();
  }
  if (closed_) return;
  follow_reading();
  pump();
}

/// Keeps the sum over all connections up to date. False: it would be more than it may.
bool connection::account_pending() {
  const std::size_t held = reader_.held();
  if (held < pending_) core_->give_pending(pending_ - held);
  if (held > pending_ && !core_->take_pending(held - pending_)) return false;
  pending_ = held;
  return true;
}

void connection::refuse(const refusal& why) {
  owes_continue_ = false;
  incoming unread;
  unread.what.method = reader_.current().what.method;
  unread.keep_alive = false;
  add_request(std::move(unread));
  slot& last = slots_.back();
  set_answer(last, to_problem(why, last.form.request_id));
  stop_reading();
  pump();
}

/// Sets the time by which the peer has to have sent what is expected of it now.
void connection::follow_reading() {
  auto now_reading = reading::idle;
  if (lingering_ || upgraded_) return;
  if (stopped_reading_ || slots_.size() >= core_->settings().max_pipelined) {
    now_reading = reading::nothing;
  } else if (reader_.is_in_body()) {
    now_reading = reading::body;
  } else if (!reader_.is_idle()) {
    now_reading = reading::head;
  } else if (!slots_.empty()) {
    now_reading = reading::paused;
  }
  if (now_reading == reading_what_) return;
  reading_what_ = now_reading;
  const server_settings& s = core_->settings();
  switch (now_reading) {
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
  watch();
}

/// One timer for both deadlines. It is left as it is where it goes off early enough, and looks
/// then: most requests come and go without it being touched.
void connection::watch() {
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
  if (read_deadline_ > now) return watch();
  read_deadline_ = never;
  const bool is_slow = reading_what_ == reading::head || reading_what_ == reading::body;
  if (!is_slow || !begun_ || lingering_) return close_now();
  watch();
  refuse({408, "timed_out", "the request did not come to its end in time"});
}

/// All is written: says so, and waits for the peer to see it.
void connection::end() {
  if (closed_ || lingering_) return;
  channel_->end();
  if (at_end_of_input_) return close_now();
  lingering_ = true;
  read_deadline_ = steady_clock::now() + (draining_ ? short_linger_time : linger_time);
  watch();
  read();
}

void connection::drain() {
  core_->run_on(on(), [self = shared_from_this()] {
    if (self->closed_ || std::exchange(self->draining_, true)) return;
    for (const slot& one : self->slots_)
      if (one.body) one.body->close(1001, "the server stops");
    if (self->upgraded_) return;
    if (!self->begun_ || (self->slots_.empty() && !self->is_writing_ && self->reader_.is_idle()))
      return self->close_now();
    // A request that has begun to come is still read to its end.
    if (self->reader_.is_idle()) self->stop_reading();
    self->pump();
  });
}

void connection::kill() {
  core_->run_on(on(), [self = shared_from_this()] { self->close_now(); });
}

void connection::close_now() {
  if (std::exchange(closed_, true)) return;
  const auto self = shared_from_this();  // whoever is told below may let go of the last exchange
  timer_.cancel();
  channel_->close();
  core_->give_pending(std::exchange(pending_, 0));
  std::vector<std::function<void()>> concerned;
  for (slot& one : written_) concerned.push_back(std::move(one.lost));
  for (slot& one : slots_) {
    concerned.push_back(std::move(one.lost));
    concerned.push_back(std::move(one.gone));
  }
  for (slot& one : slots_) report(one);
  for (slot& one : written_) report(one);
  slots_.clear();
  written_.clear();
  sending_.clear();
  out_.clear();
  upgraded_.reset();
  core_->leave(this, peer_.name, counted_);
  for (const auto& tell : concerned)
    if (tell) tell();
}

void connection::count_in(std::size_t bytes) {
  core_->count_in(bytes);
}

void connection::count_out(std::size_t bytes) {
  core_->count_out(bytes);
}

void connection::set_write_deadline(std::chrono::steady_clock::time_point at) {
  write_deadline_ = at;
  watch();
}

}  // namespace pawl::server::http
