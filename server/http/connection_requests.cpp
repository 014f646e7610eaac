#include <algorithm>
#include <utility>

#include "server/http/ascii.hpp"
#include "server/http/connection.hpp"
#include "server/http/content_coding.hpp"
#include "server/http/cors.hpp"
#include "server/http/pending_exchange.hpp"

namespace pawl::server::http {
namespace {

constexpr std::size_t max_request_id_bytes = 64;
/// In metrics only: the client disconnected before the answer.
constexpr unsigned status_client_closed = 499;

response closed_connection_response(std::string_view request_id) {
  return to_response(
      {problem_code::unavailable, "the client closed the connection before the answer"},
      request_id);
}

bool is_request_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= max_request_id_bytes &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return ascii_alphanumeric(c) || c == '-'; });
}

/// Whether a method changes nothing (RFC 9110, 9.2.1).
bool is_safe_method(std::string_view method) noexcept {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

}  // namespace

void connection::add_request(incoming one) {
  slot made;
  made.number = next_number_++;
  made.since = std::chrono::steady_clock::now();
  made.is_safe = is_safe_method(one.what.method);
  made.wants_web_socket = one.wants_web_socket;
  if (one.wants_web_socket) made.web_socket_key = *one.what.fields.find("Sec-WebSocket-Key");
  made.what = std::move(one.what);
  made.what.peer = peer_.name;
  made.what.loopback = peer_.loopback;
  if (made.what.id.empty()) made.what.id = request_id_of(made.what);
  made.admitted = std::exchange(admitted_, {});
  made.options = {.request_id = made.what.id,
                  .cors_origin = {},
                  .head_only = made.what.method == "HEAD",
                  .http_1_0 = one.http_1_0,
                  .keep_alive = one.keep_alive,
                  .gzip = accepts_gzip(made.what.fields.find("Accept-Encoding").value_or(""))};
  made.report.method = made.what.method;
  made.report.bytes_in = one.bytes;
  made.report.request_id = made.what.id;
  made.report.peer = peer_.name;
  core_->count_request();
  slots_.push_back(std::move(made));
}

std::string connection::request_id_of(const request& one) const {
  const auto given = one.fields.find("Request-Id");
  return given && is_request_id(*given) ? std::string{*given} : core_->next_request_id();
}

bool connection::is_answered_locally(const request& one) const {
  const auto kind = classify_origin(one, core_->settings().cors_origins);
  return kind == origin_kind::foreign || one.path == "*" ||
         (kind == origin_kind::allowed && preflight_response(one));
}

/// Answers requests that do not reach the handler: those of foreign pages, preflights, "OPTIONS *".
bool connection::answer_locally(slot& of) {
  const auto kind = classify_origin(of.what, core_->settings().cors_origins);
  if (kind == origin_kind::foreign) {
    const problem why{problem_code::forbidden,
                      "the origin of this page is not allowed; see server.cors_origins"};
    set_answer(of, to_response(why, of.options.request_id));
    return true;
  }
  if (kind == origin_kind::allowed) {
    of.options.cors_origin = *of.what.fields.find("Origin");
    if (auto answer = preflight_response(of.what)) {
      set_answer(of, *std::move(answer));
      return true;
    }
  }
  if (of.what.path != "*") return false;
  set_answer(
      of,
      {.status = 204, .fields = {{"Allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS"}}, .body = {}});
  return true;
}

/// Calls the handler for the waiting requests, as far as their order and the answers that wait to
/// be sent allow.
void connection::call_handler() {
  if (is_calling_handler_ || closed_) return;
  is_calling_handler_ = true;
  std::size_t open = 0;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    slot& one = slots_[i];
    if (one.at == stage::answered) continue;
    if (one.at == stage::waiting) {
      if (open != 0 && !one.is_safe) break;
      if (open >= window_ || unsent() > max_unsent) break;
      launch(one, i == 0);
      if (one.at == stage::answered) continue;
    }
    if (!one.is_safe) break;
    ++open;
  }
  is_calling_handler_ = false;
  (void)account_pending();
}

void connection::launch(slot& one, bool is_first) {
  if (one.admitted.refused) {
    one.report.route = one.admitted.route;
    return set_answer(one, to_response(*one.admitted.refused, one.options.request_id));
  }
  one.at = stage::with_handler;
  if (one.is_safe && !is_first) one.again = one.what;
  auto answer = std::make_shared<pending_exchange>(shared_from_this(), one.number, one.what.id,
                                                   one.is_safe, one.wants_web_socket);
  answer->set_route(one.admitted.route);
  one.admitted.sink = nullptr;  // from now on the handler accounts for what it holds
  if (const auto handle = std::exchange(one.admitted.handle, nullptr)) {
    handle(std::move(one.what), std::move(answer));
  } else {
    core_->handler().handle(std::move(one.what), std::move(answer));
  }
}

bool connection::is_too_early(const slot& of, std::size_t bytes) const noexcept {
  const bool is_next = &of == &slots_.front() && out_bytes_ == 0;
  return !is_next && !of.again.method.empty() && unsent() + bytes > max_unsent;
}

connection::slot* connection::find(std::uint64_t number) {
  if (closed_ || slots_.empty() || number < slots_.front().number) return nullptr;
  const auto index = static_cast<std::size_t>(number - slots_.front().number);
  return index < slots_.size() ? &slots_[index] : nullptr;
}

/// Whether the connection stays open after this answer.
bool connection::keeps_alive(const slot& of) const {
  return of.options.keep_alive && !(stopped_reading_ && &of == &slots_.back());
}

void connection::set_answer(slot& of, response with) {
  of.at = stage::answered;
  of.wants_web_socket = false;
  of.what = {};
  of.again = {};
  of.options.keep_alive = keeps_alive(of);
  of.on_disconnect = nullptr;
  of.report.status = of.disconnected ? status_client_closed : with.status;
  of.bytes = to_bytes(std::move(with), of.options);
}

void connection::answer(std::uint64_t number, response with, output_lease lease, std::string route,
                        std::function<void()> lost) {
  const bool done =
      core_->run_on(on(), [self = shared_from_this(), number, with = std::move(with),
                           lease = std::move(lease), route = std::move(route), lost]() mutable {
        slot* const of = self->find(number);
        // An answer that must arrive is not sent to a peer that has shut down its sending side:
        // such a peer may have been killed.
        bool is_lost = lost && (of == nullptr || self->at_end_of_input_);
        if (of != nullptr && !is_lost && self->is_too_early(*of, with.body.size())) {
          of->at = stage::waiting;
          of->on_disconnect = nullptr;
          of->what = std::exchange(of->again, {});
          self->window_ = 1;
          is_lost = lost != nullptr;
          lease.release();
          with = {};
        } else if (of != nullptr) {
          of->report.route = std::move(route);
          if (is_lost) of->disconnected = true;
          self->set_answer(
              *of, is_lost ? closed_connection_response(of->options.request_id) : std::move(with));
          of->lease = std::move(lease);
          if (!is_lost) of->lost = std::move(lost);
        }
        if (of != nullptr) {
          self->call_handler();
          self->pump();
        }
        if (is_lost) lost();
      });
  if (!done && lost) lost();
}

void connection::when_disconnected(std::uint64_t number, std::function<void()> what) {
  const bool done = core_->run_on(on(), [self = shared_from_this(), number, what]() mutable {
    slot* const of = self->find(number);
    if (of != nullptr && of->at != stage::with_handler) return;  // it is being answered
    if (of == nullptr) return what();
    if (self->at_end_of_input_) {
      of->disconnected = true;
      return what();
    }
    of->on_disconnect = std::move(what);
    self->read();  // reading detects the disconnect, even if no request is expected
  });
  if (!done) what();
}

void connection::answer_with_stream(std::uint64_t number, response head,
                                    std::optional<std::uint64_t> length, std::string route,
                                    std::shared_ptr<outbox> body) {
  const bool done = core_->run_on(on(), [self = shared_from_this(), number, head = std::move(head),
                                         length, route = std::move(route), body]() mutable {
    slot* const of = self->find(number);
    if (of == nullptr) return body->finish();
    of->at = stage::streaming;
    of->wants_web_socket = false;
    // Without chunks and length only the end of the connection ends the body.
    if (of->options.http_1_0 && !length) {
      of->options.keep_alive = false;
      self->stop_reading();
    }
    of->options.keep_alive = self->keeps_alive(*of);
    of->report.route = std::move(route);
    of->report.status = head.status;
    of->report.streamed = true;
    of->bytes.head = stream_head(head, length, of->options);
    of->body = std::move(body);
    of->body_left = length;
    if (self->draining_ && !length) of->body->close();
    self->pump();
  });
  if (!done) body->finish();
}

void connection::answer_with_web_socket(std::uint64_t number, std::string route,
                                        std::shared_ptr<web_socket_ends> ends) {
  const bool done = core_->run_on(
      on(), [self = shared_from_this(), number, route = std::move(route), ends]() mutable {
        slot* const of = self->find(number);
        if (of == nullptr) return ends->out->finish();
        of->at = stage::upgrading;
        of->report.route = std::move(route);
        of->report.status = 101;
        of->report.streamed = true;
        of->body = ends->out;
        of->ends = std::move(ends);
        self->stop_reading();
        if (self->draining_) of->body->close(1001, "the server is stopping");
        self->pump();
      });
  if (!done) ends->out->finish();
}

void connection::call_later(std::chrono::milliseconds pause, std::function<void()> what) {
  core_->run_on(on(), [self = shared_from_this(), pause, what = std::move(what)]() mutable {
    if (self->closed_) return;
    auto timer = std::make_shared<strand_timer>(self->on());
    timer->expires_after(pause);
    timer->async_wait([self, timer, what = std::move(what)](const error_code& failed) {
      if (!failed && !self->closed_) what();
    });
  });
}

void connection::wake() {
  core_->run_on(on(), [self = shared_from_this()] {
    if (self->closed_) return;
    if (self->upgraded_) return self->upgraded_->wake();
    self->pump();
  });
}

}  // namespace pawl::server::http
