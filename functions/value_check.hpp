#pragma once

#include <cstddef>
#include <cstdint>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

namespace pawl::functions {

/// What a step's result is held to.
struct value_limits {
  /// Of the value as compact JSON, in bytes; a floating point number counts as 18.
  std::size_t max_bytes = 4u << 20;
  /// Of arrays and objects within each other; a plain value has depth 0.
  std::uint32_t max_depth = 100;
};

/// Checks that `value`, made by foreign code, can be stored and shown as JSON: no NaN or infinity,
/// no binary or discarded value, all text valid UTF-8, within `limits`. The error is
/// `{function_failed, …, "invalid_result"}` and names the place as a JSON pointer (RFC 6901).
[[nodiscard]] result<void> check_value(const json& value, const value_limits& limits);

}  // namespace pawl::functions
