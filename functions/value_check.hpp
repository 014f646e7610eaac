#pragma once

#include <cstddef>
#include <cstdint>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

namespace pawl::functions {

/// What a step's result is held to; see `flow::value_limits`.
struct value_limits {
  std::size_t max_bytes = 4u << 20;
  std::uint32_t max_depth = 100;
};

/// Checks that `value`, made by a step's function, can be stored and shown as JSON, within
/// `limits`; see `flow::find_fault`. The error is `{function_failed, …, "invalid_result"}` and
/// names the place as a JSON pointer (RFC 6901).
[[nodiscard]] result<void> check_value(const json& value, const value_limits& limits);

}  // namespace pawl::functions
