#include <compare>

#include "flow/logic/coercion.hpp"
#include "flow/logic/operators/operators.hpp"

namespace pawl::flow::logic::op {
namespace {

// a < b, or a < b < c with a third argument; `holds` selects the orderings that are true.
template <class Holds>
value between(evaluation& run, const expression& call, const value& data, Holds holds) {
  const value a = run.arg(call, 0, data);
  const value b = run.arg(call, 1, data);
  const value c = run.arg(call, 2, data);
  if (!holds(order(run, a, b))) return value::boolean(false);
  return value::boolean(c.is_undefined() || holds(order(run, b, c)));
}

template <class Holds>
value compare_two(evaluation& run, const expression& call, const value& data, Holds holds) {
  const value a = run.arg(call, 0, data);
  const value b = run.arg(call, 1, data);
  return value::boolean(holds(order(run, a, b)));
}

}  // namespace

value equal(evaluation& run, const expression& call, const value& data) {
  const value a = run.arg(call, 0, data);
  return value::boolean(loosely_equal(run, a, run.arg(call, 1, data)));
}

value unequal(evaluation& run, const expression& call, const value& data) {
  const value a = run.arg(call, 0, data);
  return value::boolean(!loosely_equal(run, a, run.arg(call, 1, data)));
}

value identical(evaluation& run, const expression& call, const value& data) {
  const value a = run.arg(call, 0, data);
  return value::boolean(strictly_equal(run, a, run.arg(call, 1, data)));
}

value not_identical(evaluation& run, const expression& call, const value& data) {
  const value a = run.arg(call, 0, data);
  return value::boolean(!strictly_equal(run, a, run.arg(call, 1, data)));
}

// Unordered operands (NaN) are neither less nor greater nor equal.
value less(evaluation& run, const expression& call, const value& data) {
  return between(run, call, data, [](std::partial_ordering o) { return o < 0; });
}

value less_or_equal(evaluation& run, const expression& call, const value& data) {
  return between(run, call, data, [](std::partial_ordering o) { return o <= 0; });
}

value greater(evaluation& run, const expression& call, const value& data) {
  return compare_two(run, call, data, [](std::partial_ordering o) { return o > 0; });
}

value greater_or_equal(evaluation& run, const expression& call, const value& data) {
  return compare_two(run, call, data, [](std::partial_ordering o) { return o >= 0; });
}

}  // namespace pawl::flow::logic::op
