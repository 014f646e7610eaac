#include "flow/logic/coercion.hpp"
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

}  // namespace

// + and * convert their arguments by parseFloat, the other operators by Number.
value plus(evaluation& run, const expression& call, const value& data) {
  number sum = number::integer(0);
  for (const expression& arg : call.args()) sum = add(sum, to_float(run, run.eval(arg, data)));
  return value::of(sum);
}

// A product of one argument is that argument, unconverted. Without arguments it is an error.
value times(evaluation& run, const expression& call, const value& data) {
  if (call.arg_count == 0) {
    run.fail({errc::invalid_rule, "evaluating a JSONLogic rule: \"*\" needs an argument",
              "invalid_arguments"});
    return {};
  }
  const auto args = call.args();
  const value first = run.eval(args[0], data);
  if (args.size() == 1) return first;
  number product = to_float(run, first);
  for (const expression& arg : args.subspan(1)) {
    product = multiply(product, to_float(run, run.eval(arg, data)));
  }
  return value::of(product);
}

value minus(evaluation& run, const expression& call, const value& data) {
  const number a = to_number(run, run.arg(call, 0, data));
  const value b = run.arg(call, 1, data);
  return value::of(b.is_undefined() ? negate(a) : subtract(a, to_number(run, b)));
}

value divided(evaluation& run, const expression& call, const value& data) {
  const number a = to_number(run, run.arg(call, 0, data));
  return value::of(divide(a, to_number(run, run.arg(call, 1, data))));
}

value modulo(evaluation& run, const expression& call, const value& data) {
  const number a = to_number(run, run.arg(call, 0, data));
  return value::of(remainder(a, to_number(run, run.arg(call, 1, data))));
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
