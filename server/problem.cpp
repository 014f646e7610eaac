#include "server/problem.hpp"

#include <string>

namespace pawl::server {
namespace {

using enum problem_code;

// Seconds after which a retry may succeed: a full queue empties sooner than a store recovers.
constexpr std::string_view retry_when_overloaded = "1";
constexpr std::string_view retry_when_unavailable = "5";

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
      return unavailable;  // a store that cannot be opened: no request gets this far
    case errc::cancelled:
    case errc::function_failed:
    case errc::interrupted:
      return internal;  // errors of steps, not of requests
  }
  return internal;
}

}  // namespace

problem problem_of(const error& failure) {
  problem made{code_of(failure), failure.message, failure.type, failure.diagnostics};
  if (made.code == overloaded) made.fields.add("Retry-After", std::string{retry_when_overloaded});
  if (made.code == unavailable) made.fields.add("Retry-After", std::string{retry_when_unavailable});
  return made;
}

problem problem_of_start(const error& failure, bool keyed) {
  problem made = problem_of(failure);
  if (keyed && made.code == already_exists) made.code = idempotency_mismatch;
  return made;
}

}  // namespace pawl::server
