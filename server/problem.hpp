#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/error.hpp>
#include <pawl/json.hpp>

#include "server/http/message.hpp"

namespace pawl::server {

/// Why a request was not done, as its answer says. The texts are stable: clients match them.
enum class problem_code : std::uint8_t {
  invalid_argument,
  malformed_json,
  unauthorized,
  forbidden,
  not_found,
  method_not_allowed,
  not_acceptable,
  timed_out,
  already_exists,
  illegal_transition,
  conflict,
  lease_lost,
  precondition_failed,
  body_too_large,
  uri_too_long,
  unsupported_media_type,
  idempotency_mismatch,
  invalid_flow,
  invalid_rule,
  limit_exceeded,
  upgrade_required,
  too_many_requests,
  overloaded,
  header_too_large,
  internal,
  io_failed,
  corrupt,
  not_supported,
  unavailable,
  storage_full,
};

/// What is known of a code.
struct problem_kind {
  problem_code code;
  std::string_view name;   ///< "not_found"
  std::string_view title;  ///< "Not found"
  unsigned status;         ///< of HTTP
};
/// Every code, in the order of the enumeration.
[[nodiscard]] std::span<const problem_kind> problem_kinds() noexcept;
[[nodiscard]] const problem_kind& kind_of(problem_code code) noexcept;

/// A refused request (RFC 9457).
struct problem {
  problem_code code = problem_code::internal;
  std::string detail;            ///< a sentence: what happened, to what, what to do
  std::string error_class = {};  ///< of a step's failure, or of the refusal; may be empty
  std::vector<diagnostic> diagnostics = {};
  http::fields fields = {};  ///< headers that belong to it: Allow, Retry-After
};

/// An engine's error as its answer says it.
[[nodiscard]] problem problem_of(const error& failure);

/// "application/problem+json" without the request's id where that is empty.
[[nodiscard]] json to_json(const problem& refused, std::string_view request_id = {});
[[nodiscard]] http::response to_response(const problem& refused, std::string_view request_id);

}  // namespace pawl::server
