#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
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

/// The first byte of a text that is not empty, and the bytes after it that continue its character.
[[nodiscard]] inline std::string_view first_character(std::string_view text) noexcept {
  std::size_t size = 1;
  while (size < text.size() && !begins_character(text[size])) ++size;
  return text.substr(0, size);
}

/// The code point of a character of two to four bytes. Of invalid UTF-8 any number.
[[nodiscard]] inline char32_t decode_character(std::string_view one) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(one[i]); };
  char32_t code = byte(0) & (0xFFu >> (one.size() + 1));
  for (std::size_t i = 1; i < one.size(); ++i) code = (code << 6) | (byte(i) & 0x3Fu);
  return code;
}

/// Appends a code point below 0x110000 as UTF-8.
inline void append_character(std::string& to, char32_t code) {
  const auto add = [&](char32_t bits) {
    to += static_cast<char>(static_cast<unsigned char>(bits));
  };
  if (code < 0x80) return add(code);
  if (code < 0x800) {
    add(0xC0 | (code >> 6));
  } else if (code < 0x10000) {
    add(0xE0 | (code >> 12));
    add(0x80 | ((code >> 6) & 0x3F));
  } else {
    add(0xF0 | (code >> 18));
    add(0x80 | ((code >> 12) & 0x3F));
    add(0x80 | ((code >> 6) & 0x3F));
  }
  add(0x80 | (code & 0x3F));
}

}  // namespace pawl::flow::logic
