#include "server/problem.hpp"

#include <array>
#include <utility>

#include <pawl/assert.hpp>

#include "server/views.hpp"

namespace pawl::server {
namespace {

using enum problem_code;

constexpr std::array all_kinds{
    problem_kind{invalid_argument, "invalid_argument", "Invalid argument", 400},
    problem_kind{malformed_json, "malformed_json", "Malformed JSON", 400},
    problem_kind{unauthorized, "unauthorized", "Unauthorized", 401},
    problem_kind{forbidden, "forbidden", "Forbidden", 403},
    problem_kind{not_found, "not_found", "Not found", 404},
    problem_kind{method_not_allowed, "method_not_allowed", "Method not allowed", 405},
    problem_kind{not_acceptable, "not_acceptable", "Not acceptable", 406},
    problem_kind{timed_out, "timed_out", "Timed out", 408},
    problem_kind{already_exists, "already_exists", "Already exists", 409},
    problem_kind{illegal_transition, "illegal_transition", "Illegal transition", 409},
    problem_kind{conflict, "conflict", "Conflict", 409},
    problem_kind{lease_lost, "lease_lost", "Lease lost", 409},
    problem_kind{precondition_failed, "precondition_failed", "Precondition failed", 412},
    problem_kind{body_too_large, "body_too_large", "Body too large", 413},
    problem_kind{uri_too_long, "uri_too_long", "URI too long", 414},
    problem_kind{unsupported_media_type, "unsupported_media_type", "Unsupported media type", 415},
    problem_kind{idempotency_mismatch, "idempotency_mismatch", "Idempotency mismatch", 422},
    problem_kind{invalid_flow, "invalid_flow", "Invalid flow", 422},
    problem_kind{invalid_rule, "invalid_rule", "Invalid rule", 422},
    problem_kind{limit_exceeded, "limit_exceeded", "Limit exceeded", 422},
    problem_kind{upgrade_required, "upgrade_required", "Upgrade required", 426},
    problem_kind{too_many_requests, "too_many_requests", "Too many requests", 429},
    problem_kind{overloaded, "overloaded", "Overloaded", 429},
    problem_kind{header_too_large, "header_too_large", "Header too large", 431},
    problem_kind{internal, "internal", "Internal error", 500},
    problem_kind{io_failed, "io_failed", "Input or output failed", 500},
    problem_kind{corrupt, "corrupt", "Stored data is damaged", 500},
    problem_kind{not_supported, "not_supported", "Not supported", 501},
    problem_kind{unavailable, "unavailable", "Unavailable", 503},
    problem_kind{storage_full, "storage_full", "Storage full", 507},
};

/// Seconds after which trying again has a chance.
constexpr std::string_view retry_soon = "1";
constexpr std::string_view retry_later = "5";

problem_code code_of(const error& failure) noexcept {
  switch (failure.code) {
    case errc::invalid_argument:
      return invalid_argument;
    case errc::invalid_flow:
      return invalid_flow;
    case errc::invalid_rule:
      return invalid_rule;
    case errc::not_found:
      return not_found;
    case errc::already_exists:
      return already_exists;
    case errc::illegal_transition:
      return illegal_transition;
    case errc::conflict:
      if (failure.type == "checkpoint_moved" || failure.type == "version_moved")
        return precondition_failed;
      return failure.type == "lease_lost" ? lease_lost : conflict;
    case errc::overloaded:
      return overloaded;
    case errc::timed_out:
      return timed_out;
    case errc::limit_exceeded:
      return limit_exceeded;
    case errc::unavailable:
      return unavailable;
    case errc::io_failed:
    case errc::read_only:
      return io_failed;
    case errc::storage_full:
      return storage_full;
    case errc::corrupt:
      return corrupt;
    case errc::not_supported:
      return not_supported;
    case errc::locked:
    case errc::schema_newer:
      return unavailable;  // of a store that cannot be opened: no request gets so far
    case errc::cancelled:
    case errc::function_failed:
    case errc::interrupted:
      return internal;  // a step ends so, no request does
  }
  return internal;
}

}  // namespace

std::span<const problem_kind> problem_kinds() noexcept {
  return all_kinds;
}

const problem_kind& kind_of(problem_code code) noexcept {
  const auto& kind = all_kinds[static_cast<std::size_t>(code)];
  PAWL_ASSERT(kind.code == code, "problem kinds stand in the order of their codes");
  return kind;
}

problem problem_of(const error& failure) {
  problem made{code_of(failure), failure.message, failure.type, failure.diagnostics};
  if (made.code == overloaded) made.fields.add("Retry-After", std::string{retry_soon});
  if (made.code == unavailable) made.fields.add("Retry-After", std::string{retry_later});
  return made;
}

json to_json(const problem& refused, std::string_view request_id) {
  const problem_kind& kind = kind_of(refused.code);
  json object{{"type", "urn:pawl:error:" + std::string{kind.name}},
              {"title", kind.title},
              {"status", kind.status},
              {"code", kind.name},
              {"detail", refused.detail}};
  if (!request_id.empty()) object["request_id"] = request_id;
  if (!refused.error_class.empty()) object["class"] = refused.error_class;
  if (!refused.diagnostics.empty()) object["faults"] = to_json(refused.diagnostics);
  return object;
}

http::response to_response(const problem& refused, std::string_view request_id) {
  http::response answer{kind_of(refused.code).status, refused.fields};
  answer.fields.set("Content-Type", "application/problem+json");
  answer.body = text_of(to_json(refused, request_id));
  return answer;
}

}  // namespace pawl::server
