#include <pawl/detail/utf8.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace pawl::detail {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";
constexpr std::string_view ellipsis = "…";

struct sequence {
  std::size_t length = 1;  ///< of the character, or of the faulty part
  bool valid = false;
};

/// The range that the second byte must be in; it excludes overlong forms and surrogates. (Table
/// 3-7, "Well-Formed UTF-8 Byte Sequences", of the Unicode standard.)
struct lead_rule {
  std::size_t length = 0;
  unsigned char second_from = 0x80;
  unsigned char second_to = 0xbf;
};

lead_rule rule_of(unsigned char lead) noexcept {
  if (lead >= 0xc2 && lead <= 0xdf) return {2};
  if (lead == 0xe0) return {3, 0xa0, 0xbf};
  if (lead == 0xed) return {3, 0x80, 0x9f};
  if (lead >= 0xe1 && lead <= 0xef) return {3};
  if (lead == 0xf0) return {4, 0x90, 0xbf};
  if (lead >= 0xf1 && lead <= 0xf3) return {4};
  if (lead == 0xf4) return {4, 0x80, 0x8f};
  return {0};
}

unsigned char byte_at(std::string_view text, std::size_t i) noexcept {
  return static_cast<unsigned char>(text[i]);
}

sequence next(std::string_view text) noexcept {
  const auto lead = byte_at(text, 0);
  if (lead < 0x80) return {1, true};
  const auto rule = rule_of(lead);
  if (rule.length == 0) return {1, false};
  for (std::size_t i = 1; i < rule.length; ++i) {
    const auto from = i == 1 ? rule.second_from : 0x80;
    const auto to = i == 1 ? rule.second_to : 0xbf;
    if (i >= text.size() || byte_at(text, i) < from || byte_at(text, i) > to) return {i, false};
  }
  return {rule.length, true};
}

/// Bytes of ASCII at the start of `text`, looked at eight at a time.
std::size_t ascii_prefix(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i + 8 <= text.size()) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + i, 8);
    if ((eight & 0x8080808080808080ull) != 0) break;
    i += 8;
  }
  while (i < text.size() && byte_at(text, i) < 0x80) ++i;
  return i;
}

}  // namespace

std::size_t utf8_character(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const auto character = next(text);
  return character.valid ? character.length : 0;
}

std::size_t valid_utf8_prefix(std::string_view text) noexcept {
  std::size_t at = 0;
  while (true) {
    at += ascii_prefix(text.substr(at));
    if (at == text.size()) return at;
    const auto character = next(text.substr(at));
    if (!character.valid) return at;
    at += character.length;
  }
}

std::string to_valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (true) {
    const auto good = valid_utf8_prefix(text);
    out.append(text.substr(0, good));
    if (good == text.size()) return out;
    out.append(replacement);
    text.remove_prefix(good + next(text.substr(good)).length);
  }
}

std::string to_valid_utf8(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return to_valid_utf8(text);
  auto cut = text.substr(0, max_bytes);
  // A character that the cut went through is left out rather than replaced.
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, cut.size()); ++back) {
    const auto tail = text.substr(cut.size() - back);
    if ((byte_at(tail, 0) & 0xc0) == 0x80) continue;
    if (const auto last = next(tail); last.valid && last.length > back) cut.remove_suffix(back);
    break;
  }
  return to_valid_utf8(cut).append(ellipsis);
}

}  // namespace pawl::detail
