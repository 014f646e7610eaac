#include "server/api/call.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include <pawl/assert.hpp>
#include <pawl/code_ref.hpp>
#include <pawl/detail/log_context.hpp>

#include "flow/definition/definition.hpp"
#include "server/api/caller_places.hpp"
#include "server/api/waiting_calls.hpp"
#include "server/http/ascii.hpp"

namespace pawl::server {
call::call(std::shared_ptr<const api> of, const server::route& to, router::match matched, caller by,
           pawl::scope in, parameters query, http::request request,
           std::shared_ptr<http::exchange> answer)
    : api_(std::move(of)),
      route_(to),
      values_(std::move(matched.values)),
      by_(std::move(by)),
      in_(std::move(in)),
      query_(std::move(query)),
      request_(std::move(request)),
      exchange_(std::move(answer)) {
  for (const auto* const name : {"id", "name"})
    if (const auto found = values_.find(name); found != values_.end()) target_ = found->second;
}

call::~call() {
  // Whoever was to answer went away without it: the exchange answers 500.
  if (answered_) return;
  const detail::log_about here{{.scope = by_.scope.str(), .request = request_.id}};
  with().log->error("a request of {} was dropped", route_.name);
}

const std::string& call::segment(std::string_view name) const {
  const auto found = values_.find(name);
  PAWL_ASSERT(found != values_.end(), "a handler reads only segments that its pattern has");
  return found->second;
}

std::variant<json, problem> call::parse(const std::string& text, std::string_view what) const {
  const auto depth = with().engine.effective_settings().server.max_json_depth;
  auto parsed = flow::parse_json(text, what, text.size(), depth);
  if (parsed) return *std::move(parsed);
  problem refused = problem_of(parsed.error());
  if (parsed.error().code == errc::limit_exceeded) {
    refused.detail += " (server.max_json_depth)";
  } else {
    refused.code = problem_code::malformed_json;
  }
  return refused;
}

std::optional<json> call::take_body() {
  const std::string text = std::exchange(request_.body, {});
  if (text.empty() && route_.body == body_kind::optional_object) return json::object();
  auto parsed = parse(text, "the body");
  if (auto* const refused = std::get_if<problem>(&parsed)) {
    if (text.empty()) refused->detail = "the body is empty, but must be a JSON object";
    fail(*refused);
    return std::nullopt;
  }
  json body = std::get<json>(std::move(parsed));
  if (route_.body == body_kind::document || body.is_object()) return body;
  fail(problem{
      problem_code::invalid_argument,
      std::string{"the body must be a JSON object, but is of the type "} + body.type_name()});
  return std::nullopt;
}

std::string call::idempotency_key() const {
  return std::string{request_.fields.find("Idempotency-Key").value_or("")};
}

std::optional<trace_context> call::trace() const {
  std::optional<std::string_view> given;
  for (const auto& [name, value] : request_.fields) {
    if (!http::ascii_iequals(name, "traceparent")) continue;
    if (given) return std::nullopt;  // nobody knows which one is meant
    given = value;
  }
  return given ? parse_traceparent(*given) : std::nullopt;
}

if_match call::precondition() const {
  const auto given = request_.fields.find("If-Match");
  if (!given) return {};
  return read_if_match(*given);
}

void call::answer(unsigned status, const json& body, http::fields fields,
                  std::function<void()> lost) {
  http::response made{status, std::move(fields), text_of(body)};
  made.fields.set("Content-Type", "application/json");
  send(std::move(made), "ok", std::move(lost));
}

void call::answer_version(const std::string& tag, const json& body) {
  const auto known = request_.fields.find("If-None-Match");
  if (known && has_tag(*known, tag)) return send({304, {{"ETag", tag}}}, "ok");
  answer(200, body, {{"ETag", tag}});
}

void call::answer_empty(unsigned status) {
  send({status}, "ok");
}

void call::answer_text(std::string_view type, std::string text, http::fields fields) {
  fields.set("Content-Type", std::string{type});
  send({200, std::move(fields), std::move(text)}, "ok");
}

void call::fail(const problem& refused) {
  send(to_response(refused, request_.id), kind_of(refused.code).name);
}

bool call::refused(std::vector<diagnostic> diagnostics) {
  if (diagnostics.empty()) return false;
  std::string detail = diagnostics.front().message;
  if (diagnostics.size() > 1) {
    detail =
        "the request has " + std::to_string(diagnostics.size()) + " faults; the first: " + detail;
  }
  fail(problem{problem_code::invalid_argument, std::move(detail), {}, std::move(diagnostics)});
  return true;
}

void call::refuse_more(std::string_view what, const caller_places& limit,
                       std::string_view setting) {
  problem refused{problem_code::too_many_requests,
                  pawl::quoted(by_.name) + " has " + std::to_string(limit.most()) + " " +
                      std::string{what} + ", as many as it may (" + std::string{setting} +
                      "); try again when one of them has ended"};
  refused.fields.add("Retry-After", "1");
  fail(refused);
}

std::shared_ptr<void> call::take_stream_place() {
  auto place = with().streams_of->take(by_.name);
  if (!place)
    refuse_more("event streams and WebSockets", *with().streams_of, "server.max_streams_per_key");
  return place;
}

std::shared_ptr<http::stream> call::answer_with_stream(http::response head) {
  auto place = take_stream_place();
  if (!place || !take_turn()) return nullptr;
  auto stream = std::exchange(exchange_, nullptr)->respond_with_stream(std::move(head));
  if (stream) stream->on_closed([place] {});
  return stream;
}

std::shared_ptr<http::web_socket> call::answer_with_web_socket() {
  auto place = take_stream_place();
  if (!place || !take_turn()) return nullptr;
  auto socket = std::exchange(exchange_, nullptr)->accept_web_socket();
  if (socket) socket->on_closed([place] {});
  return socket;
}

void call::note(std::string_view what, const std::string& target, const error* failure) const {
  const auto* const kind = failure ? &kind_of(problem_of(*failure).code) : nullptr;
  with().audit->record({by_.name, request_.peer, by_.scope.str(), std::string{what}, target,
                        std::string{kind ? kind->name : "ok"}, kind ? kind->status : 200,
                        request_.id});
}

void call::send(http::response made, std::string_view outcome, std::function<void()> lost) {
  if (!take_turn()) {
    if (lost) lost();
    return;
  }
  if (route_.is_command()) {
    with().audit->record({by_.name, request_.peer, by_.scope.str(), std::string{route_.name},
                          target_, std::string{outcome}, made.status, request_.id});
  }
  ticket_.answered(made);
  std::exchange(exchange_, nullptr)->respond(std::move(made), std::move(lost));
}

bool call::take_turn() {
  if (answered_.exchange(true)) return false;
  if (const auto waits = waits_.exchange(0); waits != 0) with().waits->remove(waits);
  place_.reset();
  return true;
}

bool call::may_wait() {
  place_ = with().waits_of->take(by_.name);
  if (!place_) refuse_more("requests that wait", *with().waits_of, "server.max_waits_per_key");
  return place_ != nullptr;
}

void call::when_cut_short(std::function<void()> answer) {
  const auto exchange = exchange_;  // somebody may answer while we are at it
  waits_ = with().waits->add(std::move(answer));
  // Answered while it was noted: the server stopped right then.
  if (answered_)
    if (const auto waits = waits_.exchange(0); waits != 0) with().waits->remove(waits);
  exchange->on_gone([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->cut_short();
  });
}

void call::cut_short() {
  if (const auto waits = waits_.exchange(0); waits != 0) with().waits->end(waits);
}

std::string run_tag(const run_view& run) {
  return "\"" + std::to_string(run.checkpoint) + "\"";
}

}  // namespace pawl::server
