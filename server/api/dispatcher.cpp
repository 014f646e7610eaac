#include "server/api/dispatcher.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>

#include <pawl/code_ref.hpp>
#include <pawl/detail/log_context.hpp>

#include "server/api/idempotency.hpp"
#include "server/api/media_type.hpp"

namespace pawl::server {
namespace {

constexpr std::size_t max_key_bytes = 255;

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
  const auto accept = request.fields.find("Accept");
  if (accept && !accepts(*accept, to.produces)) {
    return problem{problem_code::not_acceptable,
                   "Accept excludes the media type of the answer, " + std::string{to.produces}};
  }
  if (to.body == body_kind::none) {
    if (request.body.empty()) return std::nullopt;
    return problem{problem_code::invalid_argument, "this endpoint does not accept a body"};
  }
  const auto type = request.fields.find("Content-Type");
  // A body without a media type is refused too: pages of other origins can send bodies, but not the
  // type application/json, without a preflight.
  if (!request.body.empty() && (!type || !is_json(*type))) {
    return problem{problem_code::unsupported_media_type,
                   "the body must be JSON; send Content-Type: application/json"};
  }
  if (const auto key = request.fields.find("Idempotency-Key");
      key && (key->empty() || key->size() > max_key_bytes)) {
    return problem{problem_code::invalid_argument,
                   "Idempotency-Key must have 1 to " + std::to_string(max_key_bytes) + " bytes"};
  }
  return std::nullopt;
}

}  // namespace

void dispatcher::handle(http::request what, std::shared_ptr<http::exchange> answer) {
  const std::string id = what.id;  // `what` is moved to the handler
  const detail::log_about here{{.request = id}};
  const auto refuse = [&](const problem& why) { answer->respond(to_response(why, what.id)); };
  auto matched = api_->routes.find(what.method, what.path);
  if (matched.route == nullptr) return refuse(no_such_route(matched, what));
  const route& to = *matched.route;
  answer->set_route(to.pattern);

  caller by{what.peer, role::reader, default_scope()};
  if (to.role) {
    auto known = api_->with.auth->authenticate(what);
    if (const auto* const refused = std::get_if<problem>(&known)) return refuse(*refused);
    by = std::get<caller>(std::move(known));
    if (by.role < *to.role) return refuse(forbidden_role(to, by));
    if (to.server_wide && !by.every_scope) return refuse(forbidden_scope(by));
  }
  auto in = api_->with.engine.scope(by.scope.str());
  if (!in) return refuse(problem_of(in.error()));
  if (const auto wrong = check_headers(to, what)) return refuse(*wrong);
  auto query = parameters::parse(what.query, to.parameters);
  if (!query) return refuse(problem_of(query.error()));

  begin(std::make_shared<call>(api_, to, std::move(matched), std::move(by), *std::move(in),
                               *std::move(query), std::move(what), std::move(answer)));
}

void dispatcher::begin(const call_ptr& request) const {
  const http::request& what = request->request();
  const std::string key = request->idempotency_key();
  if (key.empty() || request->route().idempotency != idempotency_mode::by_table)
    return request->route().handle(request);
  const std::string owner = request->idempotency_owner("key");
  auto begun = api_->with.idempotency->begin(
      owner + joined_key({what.path, key}), fingerprint_of({what.method, what.query, what.body}),
      [request](const http::response* first) {
        if (first != nullptr) return request->send(*first, "repeated");
        request->fail(
            problem{problem_code::unavailable,
                    "the first request with this Idempotency-Key was not answered; retry"});
      },
      owner);
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

}  // namespace pawl::server
