#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

/// Checks that a value made by foreign code can be stored and shown as JSON.
namespace pawl::flow {

struct value_limits {
  /// Maximum size of the value, as `json_size` measures it.
  std::size_t max_bytes;
  /// Maximum nesting of arrays and objects; a scalar has depth 0.
  std::uint32_t max_depth;
};

/// Maximum nesting of a value that enters a run: the code that copies and stores values is
/// recursive. The data of a run may nest a little deeper, because it contains such values.
inline constexpr std::uint32_t max_value_depth = 1'000;

/// Why a value cannot be stored.
struct value_problem {
  std::string pointer;    ///< JSON pointer (RFC 6901) of the place; "" is the whole value
  std::string text;       ///< predicate of a sentence: "is NaN, which JSON cannot express"
  bool is_limit = false;  ///< the value is valid JSON but exceeds a limit
};

/// Returns the first problem: NaN, infinity, a binary or discarded value, a string that is not
/// valid UTF-8, an exceeded limit. Recurses at most `limits.max_depth` levels.
[[nodiscard]] std::optional<value_problem> find_problem(const json& value,
                                                        const value_limits& limits);

/// Checks a value that `what` ("the input") names. Errors: `invalid_argument` if it is not valid
/// JSON, `limit_exceeded` if it nests deeper than `max_value_depth`.
[[nodiscard]] result<void> check_value(const json& value, std::string_view what);

}  // namespace pawl::flow
