#include <algorithm>
#include <compare>

#include "flow/logic/coercion.hpp"
#include "flow/logic/operators/operators.hpp"

namespace pawl::flow::logic::op {
namespace {

// Whether each argument and the next are in a relation: a < b, or a < b < c. Stops at the first
// pair that is not.
template <class Related>
value chained(evaluation& run, const expression& call, const value& data, Related related) {
  value left = run.arg(call, 0, data);
  for (std::size_t i = 1; i < std::max<std::size_t>(call.arg_count, 2); ++i) {
    const value right = run.arg(call, i, data);
    if (!related(left, right)) return value::boolean(false);
    left = right;
  }
  return value::boolean(true);
}

template <class Holds>
value ordered(evaluation& run, const expression& call, const value& data, Holds holds) {
  return chained(run, call, data,
                 [&](const value& a, const value& b) { return holds(order(run, a, b)); });
}

}  // namespace

value equal(evaluation& run, const expression& call, const value& data) {
  return chained(run, call, data,
                 [&](const value& a, const value& b) { return loosely_equal(run, a, b); });
}

value unequal(evaluation& run, const expression& call, const value& data) {
  return chained(run, call, data,
                 [&](const value& a, const value& b) { return !loosely_equal(run, a, b); });
}

value identical(evaluation& run, const expression& call, const value& data) {
  return chained(run, call, data,
                 [&](const value& a, const value& b) { return strictly_equal(run, a, b); });
}

value not_identical(evaluation& run, const expression& call, const value& data) {
  return chained(run, call, data,
                 [&](const value& a, const value& b) { return !strictly_equal(run, a, b); });
}

// Unordered operands (NaN) are neither less nor greater nor equal.
value less(evaluation& run, const expression& call, const value& data) {
  return ordered(run, call, data, [](std::partial_ordering o) { return o < 0; });
}

value less_or_equal(evaluation& run, const expression& call, const value& data) {
  return ordered(run, call, data, [](std::partial_ordering o) { return o <= 0; });
}

value greater(evaluation& run, const expression& call, const value& data) {
  return ordered(run, call, data, [](std::partial_ordering o) { return o > 0; });
}

value greater_or_equal(evaluation& run, const expression& call, const value& data) {
  return ordered(run, call, data, [](std::partial_ordering o) { return o >= 0; });
}

}  // namespace pawl::flow::logic::op
