// round, floor, ceil, abs, pow.

#include <array>
#include <cmath>
#include <cstdlib>
#include <string>

#include "flow/logic/operators/arguments.hpp"
#include "flow/logic/operators/operators.hpp"

namespace pawl::flow::logic::op {
namespace {

// Decimals that a double can have.
constexpr std::int64_t max_digits = 308;

// A number, or the result of the call if argument 0 is not one.
std::optional<number> number_argument(evaluation& run, const expression& call, const value& data,
                                      value& otherwise) {
  const value given = run.arg(call, 0, data);
  if (given.is_number() && !run.failed()) return given.as_number();
  otherwise = given.is_absent() ? value::null() : wrong_type(run, call, "a number", given);
  return std::nullopt;
}

template <class Round>
value rounded(evaluation& run, const expression& call, const value& data, Round round) {
  value otherwise;
  const auto given = number_argument(run, call, data, otherwise);
  if (!given) return otherwise;
  const auto digits = whole_argument(run, call, 1, data, 0);
  if (!digits) return {};
  if (*digits < -max_digits || *digits > max_digits)
    return refuse(run, call, "invalid_arguments", "takes from -308 to 308 decimals");
  if (given->what() != number::form::real && *digits >= 0) return value::of(*given);
  return value::of(number::real(round(given->as_double(), static_cast<int>(*digits))).simplified());
}

// Scales to whole numbers by the shortest decimal text, so that 1.005 rounds to 1.01.
template <class Round>
double scaled(double x, int digits, Round round) {
  if (!std::isfinite(x)) return x;
  if (digits == 0) return round(x);
  std::array<char, number_text_bytes> room;
  const std::string_view text{room.data(), format(number::real(x), room.data())};
  const auto with_exponent = [](std::string_view base, int exponent) {
    const auto e = base.find('e');
    const int own = e == base.npos ? 0 : std::atoi(std::string(base.substr(e + 1)).c_str());
    const std::string moved = std::string(base.substr(0, e)) + "e" + std::to_string(own + exponent);
    return parse_beginning(moved).as_double();
  };
  const double whole = round(with_exponent(text, digits));
  if (!std::isfinite(whole)) return x;
  const std::string_view back{room.data(), format(number::real(whole), room.data())};
  return with_exponent(back, -digits);
}

}  // namespace

// Halves are rounded away from zero.
value round(evaluation& run, const expression& call, const value& data) {
  return rounded(run, call, data, [](double x, int digits) {
    return scaled(x, digits, [](double y) { return std::round(y); });
  });
}

value floor(evaluation& run, const expression& call, const value& data) {
  return rounded(run, call, data, [](double x, int digits) {
    return scaled(x, digits, [](double y) { return std::floor(y); });
  });
}

value ceil(evaluation& run, const expression& call, const value& data) {
  return rounded(run, call, data, [](double x, int digits) {
    return scaled(x, digits, [](double y) { return std::ceil(y); });
  });
}

value abs(evaluation& run, const expression& call, const value& data) {
  value otherwise;
  const auto given = number_argument(run, call, data, otherwise);
  if (!given) return otherwise;
  return value::of(compare(*given, number::integer(0)) < 0 ? negate(*given) : *given);
}

// Whole powers of whole numbers are exact while they fit 64 bits.
value pow(evaluation& run, const expression& call, const value& data) {
  value otherwise;
  const auto base = number_argument(run, call, data, otherwise);
  if (!base) return otherwise;
  const value given = run.arg(call, 1, data);
  if (!given.is_number()) return wrong_type(run, call, "a number as the exponent", given);
  const auto exponent = whole_number(given);
  if (base->what() != number::form::real && exponent && *exponent >= 0 && *exponent <= 64) {
    number made = number::integer(1);
    for (std::int64_t i = 0; i < *exponent; ++i) made = multiply(made, *base);
    if (made.what() != number::form::real) return value::of(made);
  }
  const double made = std::pow(base->as_double(), given.as_number().as_double());
  if (!std::isfinite(made)) return refuse(run, call, "NaN", "has no result that is a number");
  return value::of(number::real(made).simplified());
}

}  // namespace pawl::flow::logic::op
