#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Hexadecimal text. The only place of the project that knows the digits.
namespace pawl::detail {

inline constexpr std::string_view hex_digits = "0123456789abcdef";
inline constexpr std::string_view upper_hex_digits = "0123456789ABCDEF";

/// Appends a byte as two digits.
inline void append_hex_byte(std::string& to, unsigned char byte,
                            std::string_view digits = hex_digits) {
  to += digits[byte >> 4];
  to += digits[byte & 15];
}

/// Appends a number as 16 digits.
inline void append_hex(std::string& to, std::uint64_t number) {
  for (int shift = 60; shift >= 0; shift -= 4) to += hex_digits[(number >> shift) & 15];
}

/// Returns the bytes of `bytes` as lower-case digits, two for each.
[[nodiscard]] inline std::string to_hex(std::string_view bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char c : bytes) append_hex_byte(text, static_cast<unsigned char>(c));
  return text;
}

/// Returns the value of a digit in lower case; -1 for any other character.
[[nodiscard]] constexpr int lower_hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// Returns the value of a digit in either case; -1 for any other character.
[[nodiscard]] constexpr int hex_value(char c) noexcept {
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : lower_hex_value(c);
}

/// Whether every character is a digit in lower case.
[[nodiscard]] constexpr bool is_lower_hex(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return lower_hex_value(c) >= 0; });
}

/// The inverse of `to_hex`. None if the length is odd or a character is not a lower-case digit.
[[nodiscard]] inline std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0 || !is_lower_hex(text)) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2)
    bytes += static_cast<char>(lower_hex_value(text[i]) << 4 | lower_hex_value(text[i + 1]));
  return bytes;
}

}  // namespace pawl::detail
