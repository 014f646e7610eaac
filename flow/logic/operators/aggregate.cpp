// count, sum, average, min_by, max_by.

#include "flow/logic/operators/arguments.hpp"
#include "flow/logic/operators/operators.hpp"
#include "flow/logic/utf8.hpp"

namespace pawl::flow::logic::op {
namespace {

// Adds the numbers of an array. None after a failure.
std::optional<number> total(evaluation& run, const expression& call, const value& items) {
  number sum = number::integer(0);
  if (!run.step(items.size() / 4)) return std::nullopt;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const value item = items[i];
    if (!item.is_number()) {
      wrong_type(run, call, "numbers", item);
      return std::nullopt;
    }
    sum = add(sum, item.as_number());
  }
  return sum;
}

// The item whose key `better` prefers. Null keys lose; of equal keys the first item counts.
template <class Better>
value extreme_by(evaluation& run, const expression& call, const value& data, Better better) {
  const value items = run.arg(call, 0, data);
  if (items.is_absent()) return value::null();
  if (!items.is_array()) return wrong_type(run, call, "an array", items);
  value best = value::null();
  value best_key;
  for (std::size_t i = 0; i < items.size() && run.step(); ++i) {
    const value item = items[i];
    const value key = key_of_item(run, call, item, data, i);
    if (run.failed()) return {};
    if (!key.is_number() && !key.is_absent())
      return wrong_type(run, call, "keys that are numbers", key);
    const bool wins = i == 0 || (best_key.is_absent() && !key.is_absent()) ||
                      (!key.is_absent() && !best_key.is_absent() &&
                       better(compare(key.as_number(), best_key.as_number())));
    if (!wins) continue;
    best = item;
    best_key = key;
  }
  return best;
}

}  // namespace

value count(evaluation& run, const expression& call, const value& data) {
  const value what = run.arg(call, 0, data);
  if (what.is_absent()) return count_value(0);
  if (what.is_array()) return count_value(what.size());
  if (what.is_object()) return count_value(as_record(run, what).size());
  if (!what.is_text()) return wrong_type(run, call, "an array, an object or a text", what);
  if (!run.read(what.size())) return {};
  return count_value(count_characters(what.as_text()));
}

value sum(evaluation& run, const expression& call, const value& data) {
  const value items = gathered(run, call, data);
  if (call.arg_count == 1 && items.size() == 1 && items[0].is_absent()) return value::null();
  const auto made = total(run, call, items);
  return made ? value::of(*made) : value{};
}

value average(evaluation& run, const expression& call, const value& data) {
  const value items = gathered(run, call, data);
  if (items.size() == 0) return value::null();
  if (call.arg_count == 1 && items.size() == 1 && items[0].is_absent()) return value::null();
  const auto made = total(run, call, items);
  if (!made) return {};
  return value::of(divide(*made, number::integer(static_cast<std::int64_t>(items.size()))));
}

value min_by(evaluation& run, const expression& call, const value& data) {
  return extreme_by(run, call, data, [](std::partial_ordering o) { return o < 0; });
}

value max_by(evaluation& run, const expression& call, const value& data) {
  return extreme_by(run, call, data, [](std::partial_ordering o) { return o > 0; });
}

}  // namespace pawl::flow::logic::op
