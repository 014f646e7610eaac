#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <pawl/detail/utf8.hpp>
#include <pawl/error.hpp>
#include <pawl/json.hpp>

#include "flow/values/json_size.hpp"
#include "flow/values/value_check.hpp"

/// The sizes of what runs keep of errors: lists of runs show them, so they are short whatever a
/// function, a worker or a flow makes of them.
namespace pawl::flow {

inline constexpr std::size_t max_error_message_bytes = 8 * 1024;
inline constexpr std::size_t max_error_type_bytes = 128;

/// The details of an error if they can be stored and are not too large; null if there are none.
[[nodiscard]] inline const json* kept_details(const error& why) {
  const bool fits = why.details && json_size(*why.details) <= max_error_details_bytes &&
                    check_value(*why.details, "the details");
  return fits ? why.details.get() : nullptr;
}

/// Returns the text as valid UTF-8. A longer one is cut and ends with "…".
[[nodiscard]] inline std::string error_message(std::string_view text) {
  return detail::to_valid_utf8(text, max_error_message_bytes);
}
[[nodiscard]] inline std::string error_type(std::string_view text) {
  return detail::to_valid_utf8(text, max_error_type_bytes);
}

/// Returns the beginning of a value as JSON, to show it in a message.
[[nodiscard]] inline std::string value_text(const json& value) {
  constexpr std::size_t max_shown = 100;
  return detail::to_valid_utf8(value.dump(), max_shown);
}

}  // namespace pawl::flow
