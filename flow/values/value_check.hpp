#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

/// Whether what foreign code made can be stored and shown as JSON.
namespace pawl::flow {

struct value_limits {
  /// Of the value as compact JSON, in bytes; a floating point number counts as 18.
  std::size_t max_bytes;
  /// Of arrays and objects within each other; a plain value has depth 0.
  std::uint32_t max_depth;
};

/// How deep what comes into a run may nest. Whatever reads, copies and stores values is recursive;
/// what a run keeps may be a little deeper, for it puts values into each other.
inline constexpr std::uint32_t max_value_depth = 1'000;

struct value_fault {
  std::string pointer;    ///< of the place, as RFC 6901; "" is the value as a whole
  std::string text;       ///< "is NaN, which JSON cannot express"
  bool is_limit = false;  ///< it would be good JSON, but goes beyond a limit
};

/// The first diagnostic: NaN and infinity, binary and discarded values, text that is not valid
/// UTF-8, what goes beyond `limits`. Goes no deeper than they allow.
[[nodiscard]] std::optional<value_fault> find_fault(const json& value, const value_limits& limits);

/// The error for `what` ("the input") if it is no JSON (`invalid_argument`) or nests deeper than
/// `max_value_depth` (`limit_exceeded`).
[[nodiscard]] result<void> check_value(const json& value, std::string_view what);

}  // namespace pawl::flow
