#include "server/api/dispatcher.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>

#include <pawl/code_ref.hpp>
#include <pawl/detail/log_context.hpp>

#include "server/api/blob_body.hpp"
#include "server/api/forwarder.hpp"
#include "server/api/idempotency.hpp"
#include "server/api/long_bodies.hpp"
#include "server/api/media_type.hpp"

namespace pawl::server {
namespace {

constexpr std::size_t max_key_bytes = 255;

/// How many times as long it takes to parse YAML as to parse JSON of the same size.
constexpr std::size_t yaml_cost = 64;

/// A path without quotes if it has only characters that are safe in a log and a terminal.
std::string printable_path(const std::string& path) {
  const bool safe = std::all_of(path.begin(), path.end(),
                                [](unsigned char c) { return c > 0x20 && c < 0x7F && c != '"'; });
  return safe ? path : pawl::quoted(path);
}

problem no_such_route(const router::match& matched, const http::request& request) {
  if (matched.bad_encoding) {
    return {problem_code::invalid_argument,
            "the path " + pawl::quoted(request.path) + " has invalid percent-encoding"};
  }
  if (matched.allowed.empty()) {
    return {problem_code::not_found,
            "no such endpoint: " + printable_path(request.path) + ". See /docs"};
  }
  problem refused{problem_code::method_not_allowed,
                  "method not allowed: " + pawl::quoted(request.method) + " " +
                      printable_path(request.path) + ". Allowed: " + matched.allowed};
  refused.fields.add("Allow", matched.allowed);
  return refused;
}

problem forbidden_role(const route& to, const caller& by) {
  return {problem_code::forbidden, "this requires the role " + std::string{to_string(*to.role)} +
                                       "; " + pawl::quoted(by.name) + " has the role " +
                                       std::string{to_string(by.role)}};
}

problem forbidden_scope(const caller& by) {
  return {problem_code::forbidden,
          "this concerns the whole server and requires a key for every scope (\"*\"); " +
              pawl::quoted(by.name) + " is for single scopes"};
}

/// Checks that apply to every request: media types, presence of a body, Idempotency-Key.
std::optional<problem> check_headers(const route& to, const http::request& request) {
  if (to.lenient) return std::nullopt;
  const auto accept = request.fields.find("Accept");
  const bool is_any = to.produces == "*/*";  // the type of a blob is known when it is read
  if (accept && !is_any && !accepts(*accept, to.produces)) {
    return problem{problem_code::not_acceptable,
                   "Accept excludes the media type of the answer, " + std::string{to.produces}};
  }
  if (to.body == body_kind::none) {
    if (request.body.empty()) return std::nullopt;
    return problem{problem_code::invalid_argument, "this endpoint does not accept a body"};
  }
  if (to.body == body_kind::bytes) return std::nullopt;
  const auto type = request.fields.find("Content-Type");
  // A body without a media type is refused too: pages of other origins can send bodies, but not the
  // type application/json, without a preflight.
  const bool allows_yaml = to.body == body_kind::document;
  const bool is_known = type && (is_json(*type) || (allows_yaml && is_yaml(*type)));
  if (!request.body.empty() && !is_known) {
    return problem{problem_code::unsupported_media_type,
                   allows_yaml ? "the body must be JSON or YAML; send Content-Type: "
                                 "application/json or application/yaml"
                               : "the body must be JSON; send Content-Type: application/json"};
  }
  if (const auto key = request.fields.find("Idempotency-Key");
      key && (key->empty() || key->size() > max_key_bytes)) {
    return problem{problem_code::invalid_argument,
                   "Idempotency-Key must have 1 to " + std::to_string(max_key_bytes) + " bytes"};
  }
  return std::nullopt;
}

/// Handles a request, or answers a repeated one as the first was answered.
void begin(const call_ptr& request) {
  const http::request& what = request->request();
  const std::string key = request->idempotency_key();
  if (key.empty() || request->route().idempotency != idempotency_mode::by_table)
    return request->route().handle(request);
  const std::string owner = request->idempotency_owner("key");
  auto begun = request->with().idempotency->begin(
      owner + joined_key({what.path, key}), fingerprint_of({what.method, what.query, what.body}),
      [request](const http::response* first) {
        if (first != nullptr) return request->send(*first, "repeated");
        request->fail(
            problem{problem_code::unavailable,
                    "the first request with this Idempotency-Key was not answered; retry"});
      },
      request->idempotency_share("key"), idempotency_table::kept_answers::final_ones,
      request->idempotency_run());
  using status = idempotency_table::entry_status;
  switch (begun.status) {
    case status::created:
      request->set_ticket(std::move(begun.ticket));
      return request->route().handle(request);
    case status::completed:
      begun.answer.fields.set("Idempotency-Replayed", "true");
      return request->send(std::move(begun.answer), "repeated");
    case status::in_progress:
      return;
    case status::mismatch:
      return request->fail(problem{problem_code::idempotency_mismatch,
                                   "the Idempotency-Key " + pawl::quoted(key) +
                                       " was used for a different request; use a new key"});
    case status::full:
      return request->fail(
          problem{problem_code::too_many_requests,
                  "too many pending requests with an Idempotency-Key; retry later"});
  }
}

}  // namespace

struct dispatcher::known_request {
  router::match matched;  ///< with a route
  caller by;
  pawl::scope in;
  parameters query;
  std::shared_ptr<blob_body> body = {};
};

/// Checks what needs no body. `route`: set to the pattern of the route, if there is one.
std::variant<dispatcher::known_request, problem> dispatcher::check_head(const http::request& head,
                                                                        std::string_view& route) {
  auto matched = api_->routes.find(head.method, head.path);
  if (matched.route == nullptr) return no_such_route(matched, head);
  const server::route& to = *matched.route;
  route = to.pattern;

  caller by{head.peer, role::reader, default_scope()};
  if (to.role) {
    auto known = api_->with.auth->authenticate(head);
    if (auto* const refused = std::get_if<problem>(&known)) return std::move(*refused);
    by = std::get<caller>(std::move(known));
    if (by.role < *to.role) return forbidden_role(to, by);
    if (to.server_wide && !by.every_scope) return forbidden_scope(by);
  }
  auto in = api_->with.engine.scope(by.scope.str());
  if (!in) return problem_of(in.error());
  auto query = parameters::parse(head.query, to.parameters, to.lenient);
  if (!query) return problem_of(query.error());
  return known_request{std::move(matched), std::move(by), *std::move(in), *std::move(query)};
}

http::admitted_request dispatcher::admit(const http::request& head) {
  const detail::log_about here{{.request = head.id}};
  http::admitted_request made;
  auto checked = check_head(head, made.route);
  if (auto* const refused = std::get_if<problem>(&checked)) {
    made.refused = std::move(*refused);
    return made;
  }
  auto known = std::make_shared<known_request>(std::get<known_request>(std::move(checked)));
  const server::route& to = *known->matched.route;
  // A body that is not read yet says nothing about its type.
  if (to.body != body_kind::none) made.refused = check_headers(to, head);
  if (made.refused) return made;
  made.takes_body = to.body != body_kind::none;
  made.holder = "scope " + known->by.scope.str();
  if (to.body == body_kind::bytes) {
    made.refused = blob_body::open(scope_blobs{known->in}, head, known->query, known->body);
    if (made.refused) return made;
    made.sink = known->body;
    made.max_sink_bytes = max_sink_bytes();
    made.sink_bytes = blob_body::max_held_bytes;
  }
  made.handle = [this, known](http::request what, std::shared_ptr<http::exchange> answer) {
    const std::string id = what.id;  // `what` is moved to the handler
    const detail::log_about about{{.request = id}};
    // The key may have been removed while the body was on its way.
    const auto refused =
        known->matched.route->role ? api_->with.auth->recheck(known->by) : std::nullopt;
    if (refused) return answer->respond(to_response(*refused, what.id));
    handle_known(std::move(*known), std::move(what), std::move(answer));
  };
  return made;
}

std::uint64_t dispatcher::max_sink_bytes() const noexcept {
  return api_->with.engine.effective_settings().blobs.max_bytes;
}

void dispatcher::handle(http::request what, std::shared_ptr<http::exchange> answer) {
  const std::string id = what.id;  // `what` is moved to the handler
  const detail::log_about here{{.request = id}};
  std::string_view route;
  auto checked = check_head(what, route);
  answer->set_route(route);
  if (auto* const refused = std::get_if<problem>(&checked))
    return answer->respond(to_response(*refused, what.id));
  handle_known(std::get<known_request>(std::move(checked)), std::move(what), std::move(answer));
}

void dispatcher::handle_known(known_request known, http::request what,
                              std::shared_ptr<http::exchange> answer) const {
  const server::route& to = *known.matched.route;
  if (const auto wrong = check_headers(to, what))
    return answer->respond(to_response(*wrong, what.id));
  if (const auto& forwards = api_->with.forwards) {
    if (const auto owner = forwards->owner_for(to, what, known.by, *answer))
      return forwards->pass_on(std::move(what), known.by, *owner, std::move(answer));
  }
  std::size_t length = what.body.size();
  const auto request = std::make_shared<call>(
      api_, to, std::move(known.matched), std::move(known.by), std::move(known.in),
      std::move(known.query), std::move(what), std::move(answer));
  if (request->has_yaml()) length *= yaml_cost;
  request->set_blob(std::move(known.body));
  api_->with.bodies->handle(request->by().scope.str(), length, [request] {
    const detail::log_about here{{.request = request->request().id}};
    begin(request);
  });
}

}  // namespace pawl::server
