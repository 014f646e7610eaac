#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl::detail {

/// Bytes of the character that `text` begins with; 0 if it begins with none that is valid UTF-8.
[[nodiscard]] std::size_t utf8_character(std::string_view text) noexcept;

/// How many bytes from the start of `text` are valid UTF-8: its size if all of it is. Overlong
/// forms, surrogates and what lies beyond U+10FFFF are not valid (RFC 3629).
[[nodiscard]] std::size_t valid_utf8_prefix(std::string_view text) noexcept;

/// `text` with U+FFFD for every maximal part of it that is no valid UTF-8, as the Unicode standard
/// recommends (chapter 3, "U+FFFD Substitution of Maximal Subparts").
[[nodiscard]] std::string to_valid_utf8(std::string_view text);

/// As `to_valid_utf8`, at most about `max_bytes` long: what is longer is cut between two characters
/// and ends with "…".
[[nodiscard]] std::string to_valid_utf8(std::string_view text, std::size_t max_bytes);

}  // namespace pawl::detail
