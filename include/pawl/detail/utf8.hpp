#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl::detail {

/// Length in bytes of the first character of `text`; 0 if it is not valid UTF-8.
[[nodiscard]] std::size_t utf8_character(std::string_view text) noexcept;

/// Number of bytes at the start of `text` that are valid UTF-8: its size if all of it is. Overlong
/// forms, surrogates and values above U+10FFFF are invalid (RFC 3629).
[[nodiscard]] std::size_t valid_utf8_prefix(std::string_view text) noexcept;

/// Replaces every maximal invalid part of `text` by U+FFFD, as the Unicode standard recommends
/// (chapter 3, "U+FFFD Substitution of Maximal Subparts").
[[nodiscard]] std::string to_valid_utf8(std::string_view text);

/// As above, at most about `max_bytes` long: a longer text is cut between two characters and ends
/// with "…".
[[nodiscard]] std::string to_valid_utf8(std::string_view text, std::size_t max_bytes);

}  // namespace pawl::detail
