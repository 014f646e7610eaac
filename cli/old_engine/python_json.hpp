#pragma once

#include <string_view>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

#include "cli/old_engine/old_values.hpp"

namespace pawl::cli {

/// Parses what Python's `json.dumps` writes: JSON in which NaN, Infinity and -Infinity can stand,
/// and integers of any size. The former become null, as integers that no double can hold. Other
/// integers beyond 64 bits become doubles. Adds to `changed`. Error: `invalid_argument`.
[[nodiscard]] result<json> parse_python_json(std::string_view text,
                                             value_changes* changed = nullptr);

}  // namespace pawl::cli
