#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

/// Positions in UTF-8 text, counted in code points. (JavaScript counts UTF-16 units, with which a
/// rule could cut a character in half; the two differ only beyond U+FFFF.) Text that is not valid
/// UTF-8 is cut before bytes that begin a character.
namespace pawl::flow::logic {

[[nodiscard]] inline bool begins_character(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

[[nodiscard]] inline std::size_t count_characters(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

/// The byte where character `index` begins; the size of the text if there are not so many.
[[nodiscard]] inline std::size_t byte_of(std::string_view text, std::size_t index) noexcept {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (begins_character(text[at]) && index-- == 0) return at;
  }
  return text.size();
}

/// At most `count` characters from character `first` on.
[[nodiscard]] inline std::string_view characters(std::string_view text, std::size_t first,
                                                 std::size_t count) noexcept {
  text.remove_prefix(byte_of(text, first));
  return text.substr(0, byte_of(text, count));
}

}  // namespace pawl::flow::logic
