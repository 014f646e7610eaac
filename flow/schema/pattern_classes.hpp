#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pawl::flow::schema {

/// Writes a character for RE2, inside or outside of a class.
[[nodiscard]] std::string re2_character(char32_t c);

/// What may stand between brackets for \d, \D, \w, \W, \s or \S; "" for another letter.
[[nodiscard]] std::string_view re2_class(char letter) noexcept;

/// RE2's name of a Unicode property as ECMAScript writes it between the braces of \p{…}: a general
/// category or a script. "" if it has none.
[[nodiscard]] std::string re2_property(std::string_view name);

/// Everything that `.` matches: no line terminator.
inline constexpr std::string_view re2_dot = "[^\\n\\r\\x{2028}\\x{2029}]";
inline constexpr std::string_view re2_any = "[\\x{0}-\\x{10FFFF}]";
inline constexpr std::string_view re2_none = "[^\\x{0}-\\x{10FFFF}]";

}  // namespace pawl::flow::schema
