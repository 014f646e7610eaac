// map, filter, reduce, all, none, some, let. The first argument is the array of items, of let one
// item. The second is the body: it is evaluated for each item, with the item as its whole data.

#include "flow/logic/evaluation.hpp"
#include "flow/logic/operators/operators.hpp"

namespace pawl::flow::logic::op {
namespace {

// Whether the truth value of the body is `wanted` for any item.
bool any_item(evaluation& run, const expression& call, const value& items, const value& data,
              bool wanted) {
  for (std::size_t i = 0; i < items.size() && run.step(); ++i) {
    if (truthy(run.body(call, 1, items[i], data, i)) == wanted) return true;
  }
  return false;
}

}  // namespace

value map(evaluation& run, const expression& call, const value& data) {
  const value items = run.arg(call, 0, data);
  const std::size_t count = items.is_array() ? items.size() : 0;
  list_builder mapped{run, count};
  for (std::size_t i = 0; i < count && run.step(); ++i) {
    mapped.add(run.body(call, 1, items[i], data, i));
  }
  return mapped.finish();
}

value filter(evaluation& run, const expression& call, const value& data) {
  const value items = run.arg(call, 0, data);
  const std::size_t count = items.is_array() ? items.size() : 0;
  list_builder kept{run, count};
  for (std::size_t i = 0; i < count && run.step(); ++i) {
    const value item = items[i];
    if (truthy(run.body(call, 1, item, data, i))) kept.add(item);
  }
  return kept.finish();
}

value reduce(evaluation& run, const expression& call, const value& data) {
  const value items = run.arg(call, 0, data);
  frame step{{}, call.arg_count > 2 ? run.arg(call, 2, data) : value::null()};
  if (!items.is_array()) return step.accumulator;
  for (std::size_t i = 0; i < items.size() && run.step(); ++i) {
    step.current = items[i];
    step.accumulator = run.body(call, 1, value::framed(step, 0), data, i);
  }
  return step.accumulator;
}

// As the body of an iteration over one item: `data` is around it for `val`.
value let(evaluation& run, const expression& call, const value& data) {
  return run.body(call, 1, run.arg(call, 0, data), data, 0);
}

// Of an empty array the result is false.
value all(evaluation& run, const expression& call, const value& data) {
  const value items = run.arg(call, 0, data);
  const bool has_items = items.is_array() && items.size() > 0;
  return value::boolean(has_items && !any_item(run, call, items, data, false));
}

value none(evaluation& run, const expression& call, const value& data) {
  const value items = run.arg(call, 0, data);
  return value::boolean(!items.is_array() || !any_item(run, call, items, data, true));
}

value some(evaluation& run, const expression& call, const value& data) {
  const value items = run.arg(call, 0, data);
  return value::boolean(items.is_array() && any_item(run, call, items, data, true));
}

}  // namespace pawl::flow::logic::op
