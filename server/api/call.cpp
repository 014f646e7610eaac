#include "server/api/call.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include <pawl/assert.hpp>
#include <pawl/code_ref.hpp>
#include <pawl/detail/log_context.hpp>

#include "flow/definition/definition.hpp"
#include "runtime/tasks.hpp"
#include "server/api/caller_limiter.hpp"
#include "server/api/media_type.hpp"
#include "server/api/waiting_calls.hpp"

namespace pawl::server {
namespace {

/// Maximum size of a body in YAML, whose parser needs some microseconds per byte.
constexpr std::size_t max_yaml_bytes = std::size_t{256} << 10;

}  // namespace

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
  // The handler dropped the request; its exchange answers 500.
  if (answered_) return;
  const detail::log_about here{{.scope = by_.scope.str(), .request = request_.id}};
  with().log->error("the handler of {} returned no answer", route_.name);
}

const std::string& call::segment(std::string_view name) const {
  const auto found = values_.find(name);
  PAWL_ASSERT(found != values_.end(), "a handler reads only segments of its pattern");
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

std::variant<json, problem> call::parse_yaml_body(const std::string& text) {
  const auto depth = with().engine.effective_settings().server.max_json_depth;
  auto document = parse_yaml(text, "the body", max_yaml_bytes, depth);
  if (document) {
    yaml_ = *std::move(document);
    return yaml_->value;
  }
  problem refused = problem_of(document.error());
  if (document.error().code != errc::limit_exceeded) refused.code = problem_code::malformed_yaml;
  return refused;
}

bool call::has_yaml() const {
  const auto type = request_.fields.find("Content-Type");
  return route_.body == body_kind::document && type && is_yaml(*type);
}

void call::add_lines(std::vector<diagnostic>& diagnostics) const {
  if (!yaml_) return;
  for (auto& each : diagnostics) {
    const auto at = locate(yaml_->value, yaml_->places, each.pointer);
    each.message +=
        " (line " + std::to_string(at.line) + ", column " + std::to_string(at.column) + ")";
  }
}

std::optional<json> call::take_body() {
  const std::string text = std::exchange(request_.body, {});
  if (text.empty() && route_.body == body_kind::optional_object) return json::object();
  auto parsed = has_yaml() ? parse_yaml_body(text) : parse(text, "the body");
  if (auto* const refused = std::get_if<problem>(&parsed)) {
    if (text.empty()) refused->detail = "the body is empty; send a JSON object";
    fail(*refused);
    return std::nullopt;
  }
  json body = std::get<json>(std::move(parsed));
  if (route_.body == body_kind::document || body.is_object()) return body;
  fail(problem{problem_code::invalid_argument,
               std::string{"the body must be a JSON object, not "} + body.type_name()});
  return std::nullopt;
}

std::string call::idempotency_key() const {
  return std::string{request_.fields.find("Idempotency-Key").value_or("")};
}

std::string call::idempotency_owner(std::string_view use) const {
  return joined_key({by_.scope.str(), by_.name}) + std::string{use};
}

std::string call::idempotency_share(std::string_view use) const {
  return joined_key({by_.scope.str()}) + std::string{use};
}

std::string call::idempotency_run(const std::string& id) const {
  return run_in_answers({by_.scope, run_id{id}});
}

std::string call::idempotency_run() const {
  if (route_.pattern.starts_with("/v1/runs/{id}")) return idempotency_run(segment("id"));
  if (route_.pattern.starts_with("/v1/tasks/{task}/"))
    return idempotency_run(std::string{run_of_task(segment("task"))});
  return {};
}

bool call::bind_idempotency_key(const std::string& named) {
  const std::string key = idempotency_key();
  if (key.empty()) return true;
  const std::string owner = idempotency_owner("bound");
  auto begun = with().idempotency->begin(
      owner + joined_key({request_.path, key}), fingerprint_of({named}),
      [](const http::response*) {}, idempotency_share("bound"),
      idempotency_table::kept_answers::final_ones, idempotency_run());
  if (begun.status == idempotency_table::entry_status::mismatch) {
    fail(problem{problem_code::idempotency_mismatch,
                 "the Idempotency-Key " + pawl::quoted(key) +
                     " was used with another id or key in the body; use a new one"});
    return false;
  }
  // Bound from now on, whatever the answer: the engine decides about a repeated id or key.
  begun.ticket.complete({200});
  return true;
}

void call::attribute(start_options& start) const {
  start.trace = trace();
  start.by = by_.name;
}

std::optional<trace_context> call::trace() const {
  const auto given = request_.fields.find("traceparent");
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
  const auto form = route_.refusal != nullptr ? route_.refusal : http::to_response;
  send(form(refused, request_.id), kind_of(refused.code).name);
}

bool call::reject_if_invalid(std::vector<diagnostic> diagnostics) {
  if (diagnostics.empty()) return false;
  std::string detail = diagnostics.front().message;
  if (diagnostics.size() > 1) {
    detail =
        "the request has " + std::to_string(diagnostics.size()) + " errors; the first: " + detail;
  }
  fail(problem{problem_code::invalid_argument, std::move(detail), {}, std::move(diagnostics)});
  return true;
}

void call::refuse_over_limit(std::string_view what, const caller_limiter& limit,
                             std::string_view setting) {
  fail(problem{problem_code::too_many_requests,
               pawl::quoted(by_.name) + " has " + std::to_string(limit.limit()) + " " +
                   std::string{what} + ", the maximum (" + std::string{setting} +
                   "); retry after one of them has ended"});
}

std::shared_ptr<void> call::acquire_stream_slot() {
  auto slot = with().stream_limiter->acquire(by_.name);
  if (!slot) {
    refuse_over_limit("event streams and WebSockets", *with().stream_limiter,
                      "server.max_streams_per_key");
  }
  return slot;
}

std::shared_ptr<http::stream> call::answer_with_stream(http::response head,
                                                       std::optional<std::uint64_t> length) {
  auto slot = acquire_stream_slot();
  if (!slot || !claim_answer()) return nullptr;
  auto stream = std::exchange(exchange_, nullptr)->respond_with_stream(std::move(head), length);
  if (stream) stream->on_closed([slot] {});
  return stream;
}

std::shared_ptr<http::web_socket> call::answer_with_web_socket() {
  auto slot = acquire_stream_slot();
  if (!slot || !claim_answer()) return nullptr;
  auto socket = std::exchange(exchange_, nullptr)->accept_web_socket();
  if (socket) socket->on_closed([slot] {});
  return socket;
}

void call::audit(std::string_view what, const std::string& target, const error* failure) const {
  const auto* const kind = failure ? &kind_of(problem_of(*failure).code) : nullptr;
  with().audit->record({by_.name, request_.peer, by_.scope.str(), std::string{what}, target,
                        std::string{kind ? kind->name : "ok"}, kind ? kind->status : 200,
                        request_.id});
}

void call::send(http::response made, std::string_view outcome, std::function<void()> lost) {
  if (!claim_answer()) {
    if (lost) lost();
    return;
  }
  if (route_.is_command()) {
    with().audit->record({by_.name, request_.peer, by_.scope.str(), std::string{route_.name},
                          target_, std::string{outcome}, made.status, request_.id});
  }
  ticket_.complete(made);
  std::exchange(exchange_, nullptr)->respond(std::move(made), std::move(lost));
}

bool call::claim_answer() {
  if (answered_.exchange(true)) return false;
  if (const auto id = waiting_id_.exchange(0); id != 0) with().waits->remove(id);
  wait_slot_.reset();
  return true;
}

bool call::acquire_wait_slot() {
  wait_slot_ = with().wait_limiter->acquire(by_.name);
  if (!wait_slot_)
    refuse_over_limit("waiting requests", *with().wait_limiter, "server.max_waits_per_key");
  return wait_slot_ != nullptr;
}

void call::set_early_answer(std::function<void()> answer) {
  const auto exchange = exchange_;  // another thread may answer meanwhile
  // Returns true even if the request was answered meanwhile: it must not wait any longer.
  auto refuse_if_revoked = [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return false;
    const auto refused = self->recheck();
    if (refused) self->fail(*refused);
    return refused.has_value();
  };
  waiting_id_ = with().waits->add(std::move(answer), std::move(refuse_if_revoked));
  // Answered meanwhile, because the server is stopping.
  if (answered_)
    if (const auto id = waiting_id_.exchange(0); id != 0) with().waits->remove(id);
  exchange->on_disconnect([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->answer_early();
  });
}

std::stop_token call::withdrawn_with_client() {
  std::stop_source gone;
  exchange_->on_disconnect([gone]() mutable { gone.request_stop(); });
  return gone.get_token();
}

void call::answer_early() {
  if (const auto id = waiting_id_.exchange(0); id != 0) with().waits->end(id);
}

std::string run_tag(const run_view& run) {
  return "\"" + std::to_string(run.checkpoint) + "\"";
}

}  // namespace pawl::server
