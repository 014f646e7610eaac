#pragma once

#include <cstddef>
#include <cstdint>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

namespace pawl::functions {

/// Default limits of the result of a step; see `flow::value_limits`.
struct value_limits {
  std::size_t max_bytes = 4u << 20;
  std::uint32_t max_depth = 100;
};

/// Checks the result of a function with `flow::find_problem`. Error: `{function_failed, …,
/// "invalid_result"}` with the JSON pointer (RFC 6901) of the invalid part.
[[nodiscard]] result<void> check_value(const json& value, const value_limits& limits);

}  // namespace pawl::functions
