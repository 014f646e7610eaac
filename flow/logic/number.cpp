#include "flow/logic/number.hpp"

#include <cmath>
#include <limits>
#include <optional>

namespace pawl::flow::logic {
namespace {

// A double represents every whole number up to this one.
constexpr double exact_whole = 9007199254740992.0;

/// Holds every sum, difference and quotient of two whole numbers.
__extension__ using wide = __int128;

bool both_whole(number a, number b) noexcept {
  return a.what() != number::form::real && b.what() != number::form::real;
}

wide wide_of(number whole) noexcept {
  return whole.is_integer() ? wide{whole.as_integer()} : wide{whole.as_natural()};
}

/// None if it does not fit into 64 bits.
std::optional<number> as_number(wide whole) noexcept {
  if (whole < std::numeric_limits<std::int64_t>::min() ||
      whole > wide{std::numeric_limits<std::uint64_t>::max()})
    return std::nullopt;
  return whole < 0 ? number::integer(static_cast<std::int64_t>(whole))
                   : number::natural(static_cast<std::uint64_t>(whole));
}

template <class Int>
std::partial_ordering order(Int a, Int b) noexcept {
  return a < b ? std::partial_ordering::less
               : (b < a ? std::partial_ordering::greater : std::partial_ordering::equivalent);
}

}  // namespace

number number::simplified() const noexcept {
  if (form_ != form::real || std::fabs(real_) > exact_whole || std::trunc(real_) != real_) {
    return *this;
  }
  return integer(static_cast<std::int64_t>(real_));
}

number add(number a, number b) noexcept {
  if (both_whole(a, b))
    if (const auto exact = as_number(wide_of(a) + wide_of(b))) return *exact;
  return number::real(a.as_double() + b.as_double()).simplified();
}

number subtract(number a, number b) noexcept {
  if (both_whole(a, b))
    if (const auto exact = as_number(wide_of(a) - wide_of(b))) return *exact;
  return number::real(a.as_double() - b.as_double()).simplified();
}

number multiply(number a, number b) noexcept {
  wide product = 0;
  if (both_whole(a, b) && !__builtin_mul_overflow(wide_of(a), wide_of(b), &product))
    if (const auto exact = as_number(product)) return *exact;
  return number::real(a.as_double() * b.as_double()).simplified();
}

number divide(number a, number b) noexcept {
  if (both_whole(a, b) && wide_of(b) != 0 && wide_of(a) % wide_of(b) == 0)
    if (const auto exact = as_number(wide_of(a) / wide_of(b))) return *exact;
  return number::real(a.as_double() / b.as_double()).simplified();
}

number remainder(number a, number b) noexcept {
  if (both_whole(a, b) && wide_of(b) != 0)
    if (const auto exact = as_number(wide_of(a) % wide_of(b))) return *exact;
  return number::real(std::fmod(a.as_double(), b.as_double())).simplified();
}

number negate(number a) noexcept {
  return subtract(number::integer(0), a);
}

std::partial_ordering compare(number a, number b) noexcept {
  using form = number::form;
  if (a.what() == form::real || b.what() == form::real) return a.as_double() <=> b.as_double();
  if (a.what() == b.what()) {
    return a.is_integer() ? order(a.as_integer(), b.as_integer())
                          : order(a.as_natural(), b.as_natural());
  }
  return a.is_integer() ? std::partial_ordering::less : std::partial_ordering::greater;
}

}  // namespace pawl::flow::logic
