// Conversion between numbers and text, as ECMAScript defines it.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <system_error>

#include "flow/logic/number.hpp"

namespace pawl::flow::logic {
namespace {

constexpr std::string_view infinity_word = "Infinity";

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// White space and line terminators of ECMAScript beyond ASCII, in UTF-8.
constexpr std::array<std::string_view, 19> wide_spaces = {
    "\u00A0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004",
    "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200A", "\u2028",
    "\u2029", "\u202F", "\u205F", "\u3000", "\uFEFF"};

bool is_narrow_space(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string_view trim_left(std::string_view text) noexcept {
  while (!text.empty()) {
    if (is_narrow_space(text.front())) {
      text.remove_prefix(1);
      continue;
    }
    const auto space = std::ranges::find_if(
        wide_spaces, [&](std::string_view candidate) { return text.starts_with(candidate); });
    if (space == wide_spaces.end()) break;
    text.remove_prefix(space->size());
  }
  return text;
}

std::string_view trim_right(std::string_view text) noexcept {
  while (!text.empty()) {
    if (is_narrow_space(text.back())) {
      text.remove_suffix(1);
      continue;
    }
    const auto space = std::ranges::find_if(
        wide_spaces, [&](std::string_view candidate) { return text.ends_with(candidate); });
    if (space == wide_spaces.end()) break;
    text.remove_suffix(space->size());
  }
  return text;
}

std::size_t count_digits(std::string_view text, std::size_t from) noexcept {
  std::size_t end = from;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - from;
}

// The length of the longest decimal number (StrDecimalLiteral in ECMAScript) at the beginning of
// the text; 0 if there is none.
std::size_t decimal_length(std::string_view text) noexcept {
  std::size_t at = !text.empty() && (text[0] == '+' || text[0] == '-') ? 1 : 0;
  if (text.substr(at).starts_with(infinity_word)) return at + infinity_word.size();
  std::size_t digits = count_digits(text, at);
  at += digits;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = count_digits(text, at + 1);
    if (digits + fraction == 0) return 0;
    digits += fraction;
    at += 1 + fraction;
  }
  if (digits == 0) return 0;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    std::size_t exponent = at + 1;
    if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
    const std::size_t length = count_digits(text, exponent);
    if (length > 0) at = exponent + length;
  }
  return at;
}

// Whether a decimal number out of the range of doubles is too large rather than too small. `text`
// has no sign.
bool is_huge(std::string_view text) noexcept {
  const std::size_t mark = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, mark);
  const std::size_t first = mantissa.find_first_not_of("0.");
  if (first == std::string_view::npos) return false;
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  double magnitude = static_cast<double>(point) - static_cast<double>(first);
  if (mark != std::string_view::npos) {
    std::string_view digits = text.substr(mark + 1);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    std::int64_t exponent = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (read.ec != std::errc{}) return digits.front() != '-';
    magnitude += static_cast<double>(exponent);
  }
  return magnitude > 0;
}

// The whole `text` must be a StrDecimalLiteral.
number convert(std::string_view text) noexcept {
  const bool negative = text.front() == '-';
  const std::string_view unsigned_text = text.substr(negative || text.front() == '+' ? 1 : 0);
  const char* const end = text.data() + text.size();
  if (unsigned_text == infinity_word)
    return negative ? negate(number::infinity()) : number::infinity();
  const char* const begin = unsigned_text.data() - (negative ? 1 : 0);
  if (std::ranges::all_of(unsigned_text, is_digit)) {
    std::int64_t integer = 0;
    if (std::from_chars(begin, end, integer).ec == std::errc{}) return number::integer(integer);
    std::uint64_t natural = 0;
    if (!negative && std::from_chars(begin, end, natural).ec == std::errc{}) {
      return number::natural(natural);
    }
  }
  double real = 0;
  if (std::from_chars(begin, end, real).ec == std::errc::result_out_of_range) {
    const double size = is_huge(unsigned_text) ? HUGE_VAL : 0.0;
    real = negative ? -size : size;
  }
  return number::real(real);
}

int digit_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  return 99;
}

number parse_radix(std::string_view digits, int radix) noexcept {
  if (digits.empty()) return number::nan();
  number sum = number::integer(0);
  for (const char c : digits) {
    const int digit = digit_value(c);
    if (digit >= radix) return number::nan();
    sum = add(multiply(sum, number::integer(radix)), number::integer(digit));
  }
  return sum;
}

// A number as 0.digits × 10^point; the digits have no leading zero.
struct shortest {
  std::array<char, 24> digits;
  int count = 0;
  int point = 0;
};

shortest shortest_digits(double positive) noexcept {
  std::array<char, 40> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), positive,
                                 std::chars_format::scientific);
  shortest made;
  const char* at = text.data();
  for (; *at != 'e'; ++at) {
    if (*at != '.') made.digits[static_cast<std::size_t>(made.count++)] = *at;
  }
  ++at;
  if (*at == '+') ++at;
  int exponent = 0;
  std::from_chars(at, end.ptr, exponent);
  made.point = exponent + 1;
  return made;
}

char* put(char* out, std::string_view text) noexcept {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* put_zeros(char* out, int count) noexcept {
  std::memset(out, '0', static_cast<std::size_t>(count));
  return out + count;
}

char* format_positive(double positive, char* out) noexcept {
  const shortest s = shortest_digits(positive);
  const std::string_view digits{s.digits.data(), static_cast<std::size_t>(s.count)};
  if (s.point > 21 || s.point < -5) {
    out = put(out, digits.substr(0, 1));
    if (digits.size() > 1) {
      *out++ = '.';
      out = put(out, digits.substr(1));
    }
    *out++ = 'e';
    *out++ = s.point > 0 ? '+' : '-';
    return std::to_chars(out, out + 4, std::abs(s.point - 1)).ptr;
  }
  if (s.point >= s.count) return put_zeros(put(out, digits), s.point - s.count);
  if (s.point > 0) {
    const auto whole = static_cast<std::size_t>(s.point);
    out = put(out, digits.substr(0, whole));
    *out++ = '.';
    return put(out, digits.substr(whole));
  }
  return put(put_zeros(put(out, "0."), -s.point), digits);
}

}  // namespace

number parse_whole(std::string_view text) noexcept {
  text = trim_right(trim_left(text));
  if (text.empty()) return number::integer(0);
  if (text.size() > 1 && text[0] == '0') {
    const char mark = text[1];
    if (mark == 'x' || mark == 'X') return parse_radix(text.substr(2), 16);
    if (mark == 'o' || mark == 'O') return parse_radix(text.substr(2), 8);
    if (mark == 'b' || mark == 'B') return parse_radix(text.substr(2), 2);
  }
  return decimal_length(text) == text.size() ? convert(text) : number::nan();
}

number parse_beginning(std::string_view text) noexcept {
  text = trim_left(text);
  const std::size_t length = decimal_length(text);
  return length == 0 ? number::nan() : convert(text.substr(0, length));
}

std::size_t format(number n, char* out) noexcept {
  char* const begin = out;
  switch (n.what()) {
    case number::form::integer:
      return static_cast<std::size_t>(
          std::to_chars(out, out + number_text_bytes, n.as_integer()).ptr - begin);
    case number::form::natural:
      return static_cast<std::size_t>(
          std::to_chars(out, out + number_text_bytes, n.as_natural()).ptr - begin);
    case number::form::real:
      break;
  }
  const double x = n.as_double();
  if (std::isnan(x)) return static_cast<std::size_t>(put(out, "NaN") - begin);
  if (x == 0) return static_cast<std::size_t>(put(out, "0") - begin);
  if (x < 0) *out++ = '-';
  out = std::isinf(x) ? put(out, infinity_word) : format_positive(std::fabs(x), out);
  return static_cast<std::size_t>(out - begin);
}

}  // namespace pawl::flow::logic
