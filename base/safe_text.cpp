#include <pawl/detail/safe_text.hpp>

#include <algorithm>

#include <pawl/detail/hex.hpp>
#include <pawl/detail/utf8.hpp>

namespace pawl::detail {
namespace {

unsigned char byte_of(std::string_view text, std::size_t i) noexcept {
  return static_cast<unsigned char>(text[i]);
}

/// The number of an unsafe character, all of which are below U+10000.
unsigned code_of(std::string_view character) noexcept {
  if (character.size() == 1) return byte_of(character, 0);
  if (character.size() == 2)
    return (byte_of(character, 0) & 0x1fu) << 6 | (byte_of(character, 1) & 0x3fu);
  return (byte_of(character, 0) & 0x0fu) << 12 | (byte_of(character, 1) & 0x3fu) << 6 |
         (byte_of(character, 2) & 0x3fu);
}

void append_escape(std::string& to, unsigned code) {
  to += "\\u";
  append_hex_byte(to, static_cast<unsigned char>(code >> 8));
  append_hex_byte(to, static_cast<unsigned char>(code & 0xff));
}

}  // namespace

bool is_control(std::string_view character) noexcept {
  const auto first = byte_of(character, 0);
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  return character.size() == 2 && first == 0xc2 && byte_of(character, 1) < 0xa0;
}

bool is_unsafe_to_show(std::string_view character) noexcept {
  if (is_control(character)) return true;
  if (character.size() < 2 || character.size() > 3) return false;
  const unsigned code = code_of(character);
  return code == 0x61c || (code >= 0x200e && code <= 0x200f) ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

std::string escaped_unsafe(std::string_view given, bool keep_lines) {
  const std::string text = to_valid_utf8(given);
  std::string shown;
  shown.reserve(text.size());
  for (std::string_view rest = text; !rest.empty();) {
    const auto character = rest.substr(0, std::max<std::size_t>(utf8_character(rest), 1));
    if (character == "\n") {
      shown += keep_lines ? "\n" : "\\n";
    } else if (character == "\t") {
      shown += "\\t";
    } else if (is_unsafe_to_show(character)) {
      append_escape(shown, code_of(character));
    } else {
      shown += character;
    }
    rest.remove_prefix(character.size());
  }
  return shown;
}

}  // namespace pawl::detail
