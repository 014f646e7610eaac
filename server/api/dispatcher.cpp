#include "server/api/dispatcher.hpp"

#include <utility>

#include <pawl/code_ref.hpp>
#include <pawl/detail/log_context.hpp>

#include "server/api/idempotency.hpp"
#include "server/api/media_type.hpp"

namespace pawl::server {
namespace {

constexpr std::size_t max_key_bytes = 255;

problem no_such_route(const router::match& matched, const http::request& request) {
  if (matched.bad_encoding) {
    return {problem_code::invalid_argument, "the path " + pawl::quoted(request.path) +
                                                " is not percent-encoded as RFC 3986 has it"};
  }
  if (matched.allowed.empty()) {
    return {problem_code::not_found, "there is nothing at " + pawl::quoted(request.path) +
                                         "; /openapi.json describes all that there is"};
  }
  problem refused{problem_code::method_not_allowed, pawl::quoted(request.path) + " does not take " +
                                                        pawl::quoted(request.method) + ", but " +
                                                        matched.allowed};
  refused.fields.add("Allow", matched.allowed);
  return refused;
}

problem forbidden_role(const route& to, const caller& by) {
  return {problem_code::forbidden, "this takes the role " + std::string{to_string(*to.role)} +
                                       ", but " + pawl::quoted(by.name) + " has the role " +
                                       std::string{to_string(by.role)}};
}

/// What every request is held to, whatever it asks.
std::optional<problem> wrong_shape(const route& to, const http::request& request) {
  const auto accept = request.fields.find("Accept");
  if (accept && !accepts(*accept, to.produces)) {
    return problem{problem_code::not_acceptable,
                   "this is answered as " + std::string{to.produces} + ", which Accept excludes"};
  }
  if (to.body == body_kind::none) {
    if (request.body.empty()) return std::nullopt;
    return problem{problem_code::invalid_argument, "this request takes no body"};
  }
  const auto type = request.fields.find("Content-Type");
  // A body without a type is taken for a mistake: pages of other origins can send no JSON, but
  // they can send bodies.
  if (!request.body.empty() && (!type || !is_json(*type))) {
    return problem{problem_code::unsupported_media_type,
                   "the body must be JSON, with the field Content-Type: application/json"};
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
  const std::string id = what.id;  // the request goes to its handler
  const detail::log_about here{{.request = id}};
  const auto refuse = [&](const problem& why) { answer->respond(to_response(why, what.id)); };
  auto matched = api_->routes.find(what.method, what.path);
  if (matched.route == nullptr) return refuse(no_such_route(matched, what));
  const route& to = *matched.route;
  answer->set_route(to.pattern);

  caller by{what.peer, role::reader, default_scope()};
  if (to.role) {
    auto known = api_->with.who->authenticate(what);
    if (const auto* const refused = std::get_if<problem>(&known)) return refuse(*refused);
    by = std::get<caller>(std::move(known));
    if (by.role < *to.role) return refuse(forbidden_role(to, by));
  }
  auto in = api_->with.engine.scope(by.scope.str());
  if (!in) return refuse(problem_of(in.error()));
  if (const auto wrong = wrong_shape(to, what)) return refuse(*wrong);
  auto query = parameters::parse(what.query, to.parameters);
  if (!query) return refuse(problem_of(query.error()));

  begin(std::make_shared<call>(api_, to, std::move(matched), std::move(by), *std::move(in),
                               *std::move(query), std::move(what), std::move(answer)));
}

void dispatcher::begin(const call_ptr& request) const {
  const std::string key = request->idempotency_key();
  if (request->route().repeated != repeats::by_table || key.empty())
    return request->route().handle(request);
  const http::request& what = request->request();
  std::string whole_key;
  for (const std::string* part :
       {&request->by().scope.str(), &request->by().name, &what.path, &key})
    whole_key += std::to_string(part->size()) + ":" + *part;
  auto begun = api_->with.repeats->begin(
      whole_key, fingerprint_of({what.method, what.query, what.body}),
      [request](const http::response* first) {
        if (first != nullptr) return request->send(*first, "repeated");
        request->fail(problem{problem_code::unavailable,
                              "the first request with this Idempotency-Key was not answered; send "
                              "it again"});
      });
  using standing = idempotency_table::standing;
  switch (begun.standing) {
    case standing::first:
      request->answers_repeats(std::move(begun.ticket));
      return request->route().handle(request);
    case standing::known:
      begun.answer.fields.set("Idempotency-Replayed", "true");
      return request->send(std::move(begun.answer), "repeated");
    case standing::awaited:
      return;
    case standing::mismatch:
      return request->fail(problem{problem_code::idempotency_mismatch,
                                   "the Idempotency-Key " + pawl::quoted(key) +
                                       " was used for another request; take a new one"});
    case standing::full:
      problem busy{problem_code::too_many_requests,
                   "too many requests with an Idempotency-Key are under way; try again later"};
      busy.fields.add("Retry-After", "1");
      return request->fail(busy);
  }
}

}  // namespace pawl::server
