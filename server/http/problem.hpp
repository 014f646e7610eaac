#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/error.hpp>
#include <pawl/json.hpp>

#include "server/http/message.hpp"

/// Problem documents (RFC 9457): the body of every answer that refuses a request, whether the
/// transport, the API or the engine refuses it.
namespace pawl::server::http {

/// Why a request was refused. The names are stable; clients match them.
enum class problem_code : std::uint8_t {
  invalid_argument,
  malformed_json,
  malformed_yaml,
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
  expectation_failed,
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
  http_version_not_supported,
  storage_full,
};

/// Properties of a code.
struct problem_kind {
  problem_code code;
  std::string_view name;   ///< "not_found"
  std::string_view title;  ///< "Not found"
  unsigned status;         ///< HTTP status
};
/// All kinds, in the order of the enumeration.
[[nodiscard]] std::span<const problem_kind> problem_kinds() noexcept;
[[nodiscard]] const problem_kind& kind_of(problem_code code) noexcept;

/// Why a request was refused, as the client sees it.
struct problem {
  problem_code code = problem_code::internal;
  std::string detail = {};       ///< one sentence: what happened, to what, and what to do
  std::string error_class = {};  ///< class of the engine's error; may be empty
  std::vector<diagnostic> diagnostics = {};
  http::fields fields = {};  ///< header fields of the answer: Allow, Retry-After
};

/// The document. `request_id` is left out if it is empty.
[[nodiscard]] json to_json(const problem& refused, std::string_view request_id = {});
/// The answer: status, fields and `application/problem+json`. An answer with status 429 or 503 gets
/// `Retry-After: 1` unless the problem has that field.
[[nodiscard]] response to_response(const problem& refused, std::string_view request_id);

[[nodiscard]] json to_json(const std::vector<diagnostic>& diagnostics);

/// The reason phrase of a status line: "Not Found". "Status" for statuses the server does not use.
[[nodiscard]] std::string_view reason_phrase(unsigned status) noexcept;

}  // namespace pawl::server::http
