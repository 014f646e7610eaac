#include <cmath>

#include "flow/logic/coercion.hpp"
#include "flow/logic/operators/arguments.hpp"
#include "flow/logic/operators/operators.hpp"

namespace pawl::flow::logic::op {
namespace {

// Returns the argument that `better` prefers; NaN if any argument is NaN.
template <class Better>
value extreme(evaluation& run, const expression& call, const value& data, number of_none,
              Better better) {
  number best = of_none;
  for (const expression& arg : call.args()) {
    const number candidate = to_number(run, run.eval(arg, data));
    if (candidate.is_nan() || better(compare(candidate, best))) best = candidate;
  }
  return value::of(best.simplified());
}

// Arrays and objects are not numbers.
number to_scalar_number(evaluation& run, const value& v) {
  return v.is_scalar() ? to_number(run, v) : number::nan();
}

// An argument of + and *: text is read by parseFloat and then, as the other operators do, by
// Number.
number operand(evaluation& run, const value& v) {
  if (v.is_text()) {
    const number read = to_float(run, v);
    if (!read.is_nan()) return read;
  }
  return to_scalar_number(run, v);
}

// Fails with "NaN" if a result is not a number of JSON.
value finite(evaluation& run, const expression& call, number made) {
  if (std::isfinite(made.as_double())) return value::of(made);
  return refuse(run, call, "NaN", "has no number as its result");
}

value needs_arguments(evaluation& run, const expression& call, const std::string& wanted) {
  return refuse(run, call, "invalid_arguments", "needs " + wanted);
}

// Applies `next` to the arguments from left to right.
template <class Next>
value folded(evaluation& run, const expression& call, const value& data, Next next) {
  if (call.arg_count == 0) return needs_arguments(run, call, "an argument");
  number made = to_scalar_number(run, run.arg(call, 0, data));
  for (const expression& arg : call.args().subspan(1))
    made = next(made, to_scalar_number(run, run.eval(arg, data)));
  return finite(run, call, made);
}

}  // namespace

value plus(evaluation& run, const expression& call, const value& data) {
  number sum = number::integer(0);
  for (const expression& arg : call.args()) sum = add(sum, operand(run, run.eval(arg, data)));
  return finite(run, call, sum);
}

value times(evaluation& run, const expression& call, const value& data) {
  if (call.arg_count == 0) return needs_arguments(run, call, "an argument");
  number product = number::integer(1);
  for (const expression& arg : call.args())
    product = multiply(product, operand(run, run.eval(arg, data)));
  return finite(run, call, product);
}

// A single argument is negated.
value minus(evaluation& run, const expression& call, const value& data) {
  if (call.arg_count == 1)
    return finite(run, call, negate(to_scalar_number(run, run.arg(call, 0, data))));
  return folded(run, call, data, subtract);
}

// Of a single argument, 1 divided by it.
value divided(evaluation& run, const expression& call, const value& data) {
  if (call.arg_count == 1) {
    const number by = to_scalar_number(run, run.arg(call, 0, data));
    return finite(run, call, divide(number::integer(1), by));
  }
  return folded(run, call, data, divide);
}

value modulo(evaluation& run, const expression& call, const value& data) {
  if (call.arg_count == 1) return needs_arguments(run, call, "two arguments");
  return folded(run, call, data, remainder);
}

value min(evaluation& run, const expression& call, const value& data) {
  return extreme(run, call, data, number::infinity(),
                 [](std::partial_ordering o) { return o < 0; });
}

value max(evaluation& run, const expression& call, const value& data) {
  return extreme(run, call, data, negate(number::infinity()),
                 [](std::partial_ordering o) { return o > 0; });
}

}  // namespace pawl::flow::logic::op
