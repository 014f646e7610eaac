// zip, enumerate, range, flatten, chunk.

#include <algorithm>
#include <array>
#include <vector>

#include "flow/logic/operators/arguments.hpp"
#include "flow/logic/operators/operators.hpp"

namespace pawl::flow::logic::op {
namespace {

// A part of an array, as an array.
value part(evaluation& run, const value& array, std::size_t first, std::size_t count) {
  if (!run.step(1 + count / 8)) return {};
  list_builder made{run, count};
  for (std::size_t i = 0; i < count; ++i) made.add(array[first + i]);
  return made.finish();
}

// How many numbers a range has. None for one that no budget allows.
std::optional<std::size_t> length_of_range(std::int64_t from, std::int64_t to, std::int64_t step) {
  if (step > 0 ? from >= to : from <= to) return 0;
  const auto low = static_cast<std::uint64_t>(step > 0 ? from : to);
  const auto high = static_cast<std::uint64_t>(step > 0 ? to : from);
  const std::uint64_t stride =
      step > 0 ? static_cast<std::uint64_t>(step) : 0 - static_cast<std::uint64_t>(step);
  const std::uint64_t count = (high - low - 1) / stride + 1;
  return count > (std::uint64_t{1} << 40) ? std::nullopt : std::optional{std::size_t{count}};
}

}  // namespace

// As long as the shortest array.
value zip(evaluation& run, const expression& call, const value& data) {
  list_builder gathered_arrays{run, call.arg_count};
  std::optional<std::size_t> shortest;
  for (const expression& arg : call.args()) {
    const value array = run.eval(arg, data);
    if (array.is_absent()) return value::null();
    if (!array.is_array()) return wrong_type(run, call, "arrays", array);
    gathered_arrays.add(array);
    shortest = shortest ? std::min(*shortest, array.size()) : array.size();
  }
  const value arrays = gathered_arrays.finish();
  if (run.failed()) return {};
  list_builder made{run, shortest.value_or(0)};
  for (std::size_t i = 0; i < shortest.value_or(0) && run.step(); ++i) {
    list_builder row{run, arrays.size()};
    for (std::size_t k = 0; k < arrays.size(); ++k) row.add(arrays[k][i]);
    made.add(row.finish());
  }
  return made.finish();
}

value enumerate(evaluation& run, const expression& call, const value& data) {
  const value items = run.arg(call, 0, data);
  if (items.is_absent()) return value::null();
  if (!items.is_array()) return wrong_type(run, call, "an array", items);
  const auto first = whole_argument(run, call, 1, data, 0);
  if (!first) return {};
  list_builder made{run, items.size()};
  for (std::size_t i = 0; i < items.size() && run.step(); ++i) {
    list_builder pair{run, 2};
    pair.add(value::of(add(number::integer(*first), count_value(i).as_number())));
    pair.add(items[i]);
    made.add(pair.finish());
  }
  return made.finish();
}

// [end], [start, end] or [start, end, step]; `end` is excluded.
value range(evaluation& run, const expression& call, const value& data) {
  std::array<std::int64_t, 3> given = {0, 0, 1};
  for (std::size_t i = 0; i < call.arg_count; ++i) {
    const auto whole = whole_argument(run, call, i, data);
    if (!whole) return {};
    given[i] = *whole;
  }
  if (call.arg_count == 1) given = {0, given[0], 1};
  const auto [from, to, step] = given;
  if (step == 0) return refuse(run, call, "invalid_arguments", "takes a step other than 0");
  const auto count = length_of_range(from, to, step);
  if (!run.step(count.value_or(~std::size_t{0}))) return {};
  list_builder made{run, *count};
  for (std::size_t i = 0; i < *count; ++i) {
    const auto next = static_cast<std::uint64_t>(from) + i * static_cast<std::uint64_t>(step);
    made.add(value::of(number::integer(static_cast<std::int64_t>(next))));
  }
  return made.finish();
}

// Arrays in the array become items, up to `depth` levels (default 1).
value flatten(evaluation& run, const expression& call, const value& data) {
  const value items = run.arg(call, 0, data);
  if (items.is_absent()) return value::null();
  if (!items.is_array()) return wrong_type(run, call, "an array", items);
  const auto depth = whole_argument(run, call, 1, data, 1);
  if (!depth) return {};
  std::vector<std::pair<value, std::size_t>> open{{items, 0}};
  std::vector<value> found;
  while (!open.empty() && run.step()) {
    auto& [array, next] = open.back();
    if (next == array.size()) {
      open.pop_back();
      continue;
    }
    const value child = array[next++];
    if (!run.take(sizeof(value))) return {};
    if (child.is_array() && static_cast<std::int64_t>(open.size()) <= *depth) {
      open.emplace_back(child, 0);  // invalidates the references above
    } else {
      found.push_back(child);
    }
  }
  list_builder made{run, found.size()};
  for (const value& item : found) made.add(item);
  return made.finish();
}

value chunk(evaluation& run, const expression& call, const value& data) {
  const value items = run.arg(call, 0, data);
  if (items.is_absent()) return value::null();
  if (!items.is_array()) return wrong_type(run, call, "an array", items);
  const auto given = whole_argument(run, call, 1, data);
  if (!given) return {};
  if (*given < 1) return refuse(run, call, "invalid_arguments", "takes a size of at least 1");
  const auto size = static_cast<std::size_t>(*given);
  const std::size_t chunks = items.size() / size + (items.size() % size > 0 ? 1 : 0);
  list_builder made{run, chunks};
  for (std::size_t i = 0; i < chunks && !run.failed(); ++i)
    made.add(part(run, items, i * size, std::min(size, items.size() - i * size)));
  return made.finish();
}

}  // namespace pawl::flow::logic::op
