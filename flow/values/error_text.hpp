#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <pawl/detail/utf8.hpp>

/// The sizes of error texts that runs keep: lists of runs show them, so they are short whatever a
/// function, a worker or a flow makes of them.
namespace pawl::flow {

inline constexpr std::size_t max_error_message_bytes = 8 * 1024;
inline constexpr std::size_t max_error_type_bytes = 128;

/// Returns the text as valid UTF-8. A longer one is cut and ends with "…".
[[nodiscard]] inline std::string error_message(std::string_view text) {
  return detail::to_valid_utf8(text, max_error_message_bytes);
}
[[nodiscard]] inline std::string error_type(std::string_view text) {
  return detail::to_valid_utf8(text, max_error_type_bytes);
}

}  // namespace pawl::flow
