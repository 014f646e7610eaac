#include "cli/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include <pawl/detail/safe_text.hpp>

namespace pawl::cli {
namespace {

using code_range = std::pair<char32_t, char32_t>;

/// Combining marks, joiners and variation selectors.
constexpr std::array<code_range, 8> zero_width = {{{0x300, 0x36f},
                                                   {0x483, 0x489},
                                                   {0x591, 0x5bd},
                                                   {0x610, 0x61a},
                                                   {0x64b, 0x65f},
                                                   {0x200b, 0x200d},
                                                   {0x20d0, 0x20ff},
                                                   {0xfe00, 0xfe0f}}};

/// East Asian wide characters and emoji: an approximation of UAX #11.
constexpr std::array<code_range, 13> double_width = {{{0x1100, 0x115f},
                                                      {0x2e80, 0x303e},
                                                      {0x3041, 0x33ff},
                                                      {0x3400, 0x4dbf},
                                                      {0x4e00, 0x9fff},
                                                      {0xa000, 0xa4cf},
                                                      {0xac00, 0xd7a3},
                                                      {0xf900, 0xfaff},
                                                      {0xfe30, 0xfe6f},
                                                      {0xff00, 0xff60},
                                                      {0xffe0, 0xffe6},
                                                      {0x1f300, 0x1faff},
                                                      {0x20000, 0x3fffd}}};

template <std::size_t N>
bool is_in(const std::array<code_range, N>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const code_range& r) { return c >= r.first && c <= r.second; });
}

struct character {
  char32_t code = 0;
  std::size_t bytes = 1;
};

/// Decodes the first character of `text`, which must be non-empty, valid UTF-8.
character first_of(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(text[i]));
  };
  const char32_t lead = byte(0);
  if (lead < 0xc0 || text.size() < 2) return {lead, 1};
  if (lead < 0xe0 || text.size() < 3) return {(lead & 0x1f) << 6 | (byte(1) & 0x3f), 2};
  if (lead < 0xf0 || text.size() < 4)
    return {(lead & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f), 3};
  return {(lead & 0x07) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 | (byte(3) & 0x3f),
          4};
}

std::size_t width_of(char32_t c) {
  if (c < 0x300) return 1;
  if (is_in(zero_width, c)) return 0;
  return is_in(double_width, c) ? 2 : 1;
}

}  // namespace

std::string printable(std::string_view text) {
  return detail::escaped_unsafe(text);
}

std::string printable_lines(std::string_view text) {
  return detail::escaped_unsafe(text, true);
}

std::string markup_text(std::string_view text) {
  std::string made;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        made += "&amp;";
        break;
      case '<':
        made += "&lt;";
        break;
      case '>':
        made += "&gt;";
        break;
      case '"':
        made += "&quot;";
        break;
      case '\'':
        made += "&#39;";
        break;
      default:
        made += c;
    }
  }
  return made;
}

std::string one_line(const json& value) {
  return printable(value.dump(-1, ' ', false, json::error_handler_t::replace));
}

std::string indented(const json& value) {
  return printable_lines(value.dump(2, ' ', false, json::error_handler_t::replace));
}

std::size_t display_width(std::string_view text) noexcept {
  std::size_t width = 0;
  while (!text.empty()) {
    const character c = first_of(text);
    width += width_of(c.code);
    text.remove_prefix(std::min(c.bytes, text.size()));
  }
  return width;
}

std::string fit(std::string_view text, std::size_t width, std::string_view ellipsis) {
  if (display_width(text) <= width) return std::string{text};
  const std::size_t dots = display_width(ellipsis);
  if (dots > width) return {};
  std::size_t used = 0, bytes = 0;
  while (bytes < text.size()) {
    const character c = first_of(text.substr(bytes));
    if (used + width_of(c.code) > width - dots) break;
    used += width_of(c.code);
    bytes += c.bytes;
  }
  return std::string{text.substr(0, bytes)}.append(ellipsis);
}

std::string pad(std::string text, std::size_t width) {
  const std::size_t has = display_width(text);
  if (has < width) text.append(width - has, ' ');
  return text;
}

std::string pad_left(std::string text, std::size_t width) {
  const std::size_t has = display_width(text);
  if (has < width) text.insert(0, width - has, ' ');
  return text;
}

std::string duration_text(std::int64_t us) {
  const auto with_two = [](std::int64_t whole, char unit, std::int64_t part, char part_unit) {
    char text[48];
    std::snprintf(text, sizeof text, "%lld%c %02lld%c", static_cast<long long>(whole), unit,
                  static_cast<long long>(part), part_unit);
    return std::string{text};
  };
  us = std::max<std::int64_t>(us, 0);
  if (us < 1'000) return "<1ms";
  if (us < 1'000'000) return std::to_string(us / 1'000) + "ms";
  const std::int64_t s = us / 1'000'000;
  if (s < 60) {
    char text[16];
    std::snprintf(text, sizeof text, s < 10 ? "%.2fs" : "%.1fs",
                  static_cast<double>(s < 10 ? us / 10'000 : us / 100'000) / (s < 10 ? 100 : 10));
    return text;
  }
  if (s < 3'600) return with_two(s / 60, 'm', s % 60, 's');
  if (s < 86'400) return with_two(s / 3'600, 'h', s % 3'600 / 60, 'm');
  return std::to_string(s / 86'400) + "d " + std::to_string(s % 86'400 / 3'600) + "h";
}

std::string size_text(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  constexpr const char* units[] = {"KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  double size = static_cast<double>(bytes) / 1024;
  for (; size >= 1023.95 && unit + 1 < std::size(units); ++unit) size /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %s", size, units[unit]);
  return text;
}

std::string counted(std::size_t count, std::string_view one) {
  return std::to_string(count).append(" ").append(one).append(count == 1 ? "" : "s");
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return std::to_string(count).append(" ").append(count == 1 ? one : many);
}

/// As `$'…'` of bash and zsh, which read the escapes.
static std::string escaped_word(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\'' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return "$'" + printable(escaped) + "'";
}

std::string shell_word(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"_@%+=:,./-"}.find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return std::string{text};
  if (printable(text) != text) return escaped_word(text);
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace pawl::cli
