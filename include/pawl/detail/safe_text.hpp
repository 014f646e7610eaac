#pragma once

#include <string>
#include <string_view>

/// What a text of users must not do to a terminal, or to a reader of lines. Pure functions.
namespace pawl::detail {

/// Whether a character of UTF-8 is a control character: of C0, DEL, or of C1.
[[nodiscard]] bool is_control(std::string_view character) noexcept;

/// Whether a character of UTF-8 could control a terminal or mislead a reader: control characters,
/// ends of lines and paragraphs, marks that reorder text, and the invisible U+FEFF.
[[nodiscard]] bool is_unsafe_to_show(std::string_view character) noexcept;

/// Replaces such characters by "\u202e", line feed and tab by "\n" and "\t", and invalid UTF-8 by
/// U+FFFD. JSON keeps its meaning. `keep_lines`: leaves line feeds as they are.
[[nodiscard]] std::string escaped_unsafe(std::string_view text, bool keep_lines = false);

}  // namespace pawl::detail
