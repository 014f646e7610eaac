#include "flow/logic/coercion.hpp"
#include "flow/logic/operators/operators.hpp"
#include "flow/logic/text_search.hpp"

namespace pawl::flow::logic::op {

// An array in a rule with items that are not literals.
value array_literal(evaluation& run, const expression& call, const value& data) {
  list_builder made{run, call.arg_count};
  for (const expression& arg : call.args()) made.add(run.eval(arg, data));
  return made.finish();
}

// Flattens array arguments by one level; any other argument is an item.
value merge(evaluation& run, const expression& call, const value& data) {
  list_builder parts{run, call.arg_count};
  std::size_t count = 0;
  for (const expression& arg : call.args()) {
    const value part = run.eval(arg, data);
    parts.add(part);
    count += part.is_array() ? part.size() : 1;
  }
  const value gathered = parts.finish();
  if (gathered.is_undefined()) return {};
  list_builder merged{run, count};
  for (std::size_t i = 0; i < gathered.size(); ++i) {
    const value part = gathered[i];
    if (!part.is_array()) {
      merged.add(part);
      continue;
    }
    if (!run.step(1 + part.size() / 8)) break;
    for (std::size_t k = 0; k < part.size(); ++k) merged.add(part[k]);
  }
  return merged.finish();
}

// A substring of a string, or an item of an array, compared by ===.
value in(evaluation& run, const expression& call, const value& data) {
  const value wanted = run.arg(call, 0, data);
  const value place = run.arg(call, 1, data);
  if (place.is_text() && place.size() > 0) {
    return value::boolean(contains(run, place.as_text(), to_text(run, wanted)));
  }
  if (!place.is_array()) return value::boolean(false);
  if (!run.step(1 + place.size() / 8)) return {};
  for (std::size_t i = 0; i < place.size() && !run.failed(); ++i) {
    if (strictly_equal(run, wanted, place[i])) return value::boolean(true);
  }
  return value::boolean(false);
}

}  // namespace pawl::flow::logic::op
