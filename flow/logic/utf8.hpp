#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

/// Positions in UTF-8 text, in code points. JavaScript counts UTF-16 units, with which a rule could
/// split a character; the two differ only beyond U+FFFF. Invalid UTF-8 is split before bytes that
/// can begin a character.
namespace pawl::flow::logic {

[[nodiscard]] inline bool begins_character(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

[[nodiscard]] inline std::size_t count_characters(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

/// The position of the first byte of character `index`; the size of a shorter text.
[[nodiscard]] inline std::size_t byte_of(std::string_view text, std::size_t index) noexcept {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (begins_character(text[at]) && index-- == 0) return at;
  }
  return text.size();
}

/// At most `count` characters, starting with character `first`.
[[nodiscard]] inline std::string_view characters(std::string_view text, std::size_t first,
                                                 std::size_t count) noexcept {
  text.remove_prefix(byte_of(text, first));
  return text.substr(0, byte_of(text, count));
}

}  // namespace pawl::flow::logic
