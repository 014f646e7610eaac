#include <pawl/trace_context.hpp>

#include <algorithm>
#include <cstddef>

#include <pawl/detail/hex.hpp>

namespace pawl {
namespace {

// 00-<trace id>-<parent id>-<flags>
constexpr std::size_t trace_at = 3, parent_at = 36, flags_at = 53, length = 55;
/// The flags that the standard gives a meaning; others are not passed on.
constexpr std::uint8_t known_flags = 0x03;

/// Reads lower-case digits; the standard has no others.
template <std::size_t N>
bool read_hex(std::string_view text, std::array<std::uint8_t, N>& to) noexcept {
  for (std::size_t i = 0; i < N; ++i) {
    const int high = detail::lower_hex_value(text[2 * i]);
    const int low = detail::lower_hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    to[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

template <std::size_t N>
bool is_zero(const std::array<std::uint8_t, N>& id) noexcept {
  return std::all_of(id.begin(), id.end(), [](std::uint8_t byte) { return byte == 0; });
}

template <std::size_t N>
void add_hex(std::string& to, const std::array<std::uint8_t, N>& bytes) {
  for (const auto byte : bytes) detail::append_hex_byte(to, byte);
}

}  // namespace

std::optional<trace_context> parse_traceparent(std::string_view text) noexcept {
  if (text.size() < length) return std::nullopt;
  for (const auto dash : {trace_at, parent_at, flags_at})
    if (text[dash - 1] != '-') return std::nullopt;
  std::array<std::uint8_t, 1> version{}, flags{};
  trace_context read;
  if (!read_hex(text, version) || !read_hex(text.substr(trace_at), read.trace_id) ||
      !read_hex(text.substr(parent_at), read.parent_id) || !read_hex(text.substr(flags_at), flags))
    return std::nullopt;
  const bool goes_on = text.size() > length;
  if (version[0] == 0xff || (goes_on && (version[0] == 0 || text[length] != '-')))
    return std::nullopt;
  if (is_zero(read.trace_id) || is_zero(read.parent_id)) return std::nullopt;
  read.flags = flags[0] & known_flags;
  return read;
}

std::string to_traceparent(const trace_context& context) {
  std::string text = "00-";
  text.reserve(length);
  add_hex(text, context.trace_id);
  text += '-';
  add_hex(text, context.parent_id);
  text += '-';
  add_hex(text, std::array{context.flags});
  return text;
}

std::string trace_id_text(const trace_context& context) {
  std::string text;
  add_hex(text, context.trace_id);
  return text;
}

}  // namespace pawl
