#include "flow/schema/decimal.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

namespace pawl::flow::schema {
namespace {

__extension__ using wide = unsigned __int128;

constexpr double two_to_63 = 9223372036854775808.0;
constexpr double two_to_64 = 18446744073709551616.0;

/// Compares an integer with a double; `Integer` has the range [`least`, `above`).
template <class Integer>
std::strong_ordering compare_exactly(Integer a, double b, double least, double above) noexcept {
  if (b >= above) return std::strong_ordering::less;
  if (b < least) return std::strong_ordering::greater;
  const double whole = std::floor(b);
  const auto floor = static_cast<Integer>(whole);
  if (a != floor) return a <=> floor;
  return whole == b ? std::strong_ordering::equal : std::strong_ordering::less;
}

std::strong_ordering reversed(std::strong_ordering order) noexcept {
  return 0 <=> order;
}

std::strong_ordering compare_doubles(double a, double b) noexcept {
  if (a == b) return std::strong_ordering::equal;
  return a < b ? std::strong_ordering::less : std::strong_ordering::greater;
}

std::strong_ordering compare_to_double(const json& integer, double b) noexcept {
  if (integer.is_number_unsigned())
    return compare_exactly(integer.get<std::uint64_t>(), b, 0, two_to_64);
  return compare_exactly(integer.get<std::int64_t>(), b, -two_to_63, two_to_63);
}

/// The absolute value of a number: `digits` * 10^`exponent`.
struct decimal {
  std::uint64_t digits = 0;
  int exponent = 0;
};

decimal decimal_of(const json& number) noexcept {
  if (number.is_number_unsigned()) return {number.get<std::uint64_t>(), 0};
  if (number.is_number_integer()) {
    const auto n = number.get<std::int64_t>();
    return {n < 0 ? 0 - static_cast<std::uint64_t>(n) : static_cast<std::uint64_t>(n), 0};
  }
  std::array<char, 40> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(),
                                 std::fabs(number.get<double>()), std::chars_format::scientific)
                       .ptr;
  decimal made;
  bool in_fraction = false;
  const char* at = text.data();
  for (; at != end && *at != 'e'; ++at) {
    if (*at == '.') {
      in_fraction = true;
      continue;
    }
    made.digits = made.digits * 10 + static_cast<std::uint64_t>(*at - '0');
    made.exponent -= in_fraction ? 1 : 0;
  }
  if (at != end) {
    ++at;
    if (*at == '+') ++at;
    int written = 0;
    std::from_chars(at, end, written);
    made.exponent += written;
  }
  return made;
}

}  // namespace

std::strong_ordering compare_numbers(const json& a, const json& b) noexcept {
  if (a.is_number_float() && b.is_number_float())
    return compare_doubles(a.get<double>(), b.get<double>());
  if (b.is_number_float()) return compare_to_double(a, b.get<double>());
  if (a.is_number_float()) return reversed(compare_to_double(b, a.get<double>()));
  // An unsigned number may be too large for a signed one, which may be negative.
  if (!a.is_number_unsigned() && a.get<std::int64_t>() < 0) {
    if (b.is_number_unsigned()) return std::strong_ordering::less;
    return a.get<std::int64_t>() <=> b.get<std::int64_t>();
  }
  if (!b.is_number_unsigned() && b.get<std::int64_t>() < 0) return std::strong_ordering::greater;
  return a.get<std::uint64_t>() <=> b.get<std::uint64_t>();
}

bool is_whole(const json& number) noexcept {
  if (!number.is_number_float()) return number.is_number();
  const double x = number.get<double>();
  return std::trunc(x) == x;
}

bool is_multiple(const json& number, const json& divisor) noexcept {
  const decimal a = decimal_of(number);
  const decimal b = decimal_of(divisor);
  if (a.digits == 0) return true;
  if (b.digits == 0) return false;
  const int shift = a.exponent - b.exponent;
  if (shift >= 0) {  // a.digits * 10^shift must be a multiple of b.digits
    wide rest = a.digits % b.digits, power = 10 % b.digits;
    for (int left = shift; left > 0; left /= 2) {
      if (left % 2 != 0) rest = rest * power % b.digits;
      power = power * power % b.digits;
    }
    return rest == 0;
  }
  wide unit = b.digits;  // a.digits must be a multiple of b.digits * 10^-shift
  for (int i = 0; i < -shift; ++i) {
    unit *= 10;
    if (unit > a.digits) return false;
  }
  return a.digits % unit == 0;
}

}  // namespace pawl::flow::schema
