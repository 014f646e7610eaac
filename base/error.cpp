#include <cstdio>
#include <cstdlib>
#include <utility>

#include <pawl/error.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>

namespace pawl {

std::string_view to_string(errc code) noexcept {
  switch (code) {
    case errc::invalid_argument:
      return "invalid_argument";
    case errc::invalid_flow:
      return "invalid_flow";
    case errc::invalid_rule:
      return "invalid_rule";
    case errc::not_found:
      return "not_found";
    case errc::already_exists:
      return "already_exists";
    case errc::illegal_transition:
      return "illegal_transition";
    case errc::conflict:
      return "conflict";
    case errc::overloaded:
      return "overloaded";
    case errc::timed_out:
      return "timed_out";
    case errc::cancelled:
      return "cancelled";
    case errc::function_failed:
      return "function_failed";
    case errc::limit_exceeded:
      return "limit_exceeded";
    case errc::unavailable:
      return "unavailable";
    case errc::io_failed:
      return "io_failed";
    case errc::storage_full:
      return "storage_full";
    case errc::read_only:
      return "read_only";
    case errc::locked:
      return "locked";
    case errc::corrupt:
      return "corrupt";
    case errc::schema_newer:
      return "schema_newer";
    case errc::interrupted:
      return "interrupted";
    case errc::not_supported:
      return "not_supported";
  }
  return "unknown";
}

namespace detail {

void value_of_failed_result(const error& failure, const caller_place& at) noexcept {
  std::fprintf(stderr, "pawl: the value of a failed result was read");
  if (at.line != 0) std::fprintf(stderr, " at %s:%u", at.file, at.line);
  const std::string_view kind = failure.error_class();
  std::fprintf(stderr, "; its error: %.*s: %s\n", static_cast<int>(kind.size()), kind.data(),
               failure.message.c_str());
  std::fflush(stderr);
  std::abort();
}

}  // namespace detail

bool operator==(const error& a, const error& b) {
  const bool same_details =
      a.details == b.details || (a.details && b.details && *a.details == *b.details);
  return same_details && a.code == b.code && a.message == b.message && a.type == b.type &&
         a.diagnostics == b.diagnostics;
}

error fail(std::string type, std::string message) {
  return {errc::function_failed, std::move(message), std::move(type)};
}

error fail(std::string type, std::string message, json details) {
  return {errc::function_failed,
          std::move(message),
          std::move(type),
          {},
          std::make_shared<const json>(std::move(details))};
}

}  // namespace pawl
