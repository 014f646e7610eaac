#include "flow/logic/number.hpp"

#include <cmath>

namespace pawl::flow::logic {
namespace {

// A double represents every whole number up to this one.
constexpr double exact_whole = 9007199254740992.0;

bool both_integers(number a, number b) noexcept {
  return a.is_integer() && b.is_integer();
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
  std::int64_t exact = 0;
  if (both_integers(a, b) && !__builtin_add_overflow(a.as_integer(), b.as_integer(), &exact)) {
    return number::integer(exact);
  }
  return number::real(a.as_double() + b.as_double()).simplified();
}

number subtract(number a, number b) noexcept {
  std::int64_t exact = 0;
  if (both_integers(a, b) && !__builtin_sub_overflow(a.as_integer(), b.as_integer(), &exact)) {
    return number::integer(exact);
  }
  return number::real(a.as_double() - b.as_double()).simplified();
}

number multiply(number a, number b) noexcept {
  std::int64_t exact = 0;
  if (both_integers(a, b) && !__builtin_mul_overflow(a.as_integer(), b.as_integer(), &exact)) {
    return number::integer(exact);
  }
  return number::real(a.as_double() * b.as_double()).simplified();
}

number divide(number a, number b) noexcept {
  // -1 is computed with doubles: the smallest integer has no negative.
  if (both_integers(a, b) && b.as_integer() != 0 && b.as_integer() != -1 &&
      a.as_integer() % b.as_integer() == 0) {
    return number::integer(a.as_integer() / b.as_integer());
  }
  if (both_integers(a, b) && b.as_integer() == -1) return negate(a);
  return number::real(a.as_double() / b.as_double()).simplified();
}

number remainder(number a, number b) noexcept {
  if (both_integers(a, b) && b.as_integer() != 0) {
    return number::integer(b.as_integer() == -1 ? 0 : a.as_integer() % b.as_integer());
  }
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
