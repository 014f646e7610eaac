// slice, at, index_of: places in arrays and texts. Characters are code points.

#include "flow/logic/coercion.hpp"
#include "flow/logic/equality.hpp"
#include "flow/logic/operators/arguments.hpp"
#include "flow/logic/operators/operators.hpp"
#include "flow/logic/text_search.hpp"
#include "flow/logic/utf8.hpp"

namespace pawl::flow::logic::op {
namespace {

// The number of items or characters. None, and a failure, for other values.
std::optional<std::size_t> length_of(evaluation& run, const expression& call, const value& v) {
  if (v.is_array()) return v.size();
  if (v.is_text() && run.read(v.size())) return count_characters(v.as_text());
  wrong_type(run, call, "an array or a text", v);
  return std::nullopt;
}

}  // namespace

value slice(evaluation& run, const expression& call, const value& data) {
  const value from = run.arg(call, 0, data);
  if (from.is_absent()) return value::null();
  const auto length = length_of(run, call, from);
  if (!length) return {};
  const auto first = whole_argument(run, call, 1, data);
  if (!first) return {};
  const std::size_t begin = clamped(*first, *length);
  const auto last = whole_argument(run, call, 2, data, static_cast<std::int64_t>(*length));
  if (!last) return {};
  const std::size_t end = clamped(*last, *length);
  const std::size_t count = end > begin ? end - begin : 0;
  if (from.is_text()) return value::text(characters(from.as_text(), begin, count));
  list_builder made{run, count};
  if (!run.step(count / 8)) return {};
  for (std::size_t i = 0; i < count; ++i) made.add(from[begin + i]);
  return made.finish();
}

value at(evaluation& run, const expression& call, const value& data) {
  const value from = run.arg(call, 0, data);
  const auto otherwise = [&] {
    return call.arg_count > 2 ? run.arg(call, 2, data) : value::null();
  };
  if (from.is_absent()) return otherwise();
  const auto length = length_of(run, call, from);
  if (!length) return {};
  const auto index = whole_argument(run, call, 1, data);
  if (!index) return {};
  const auto size = static_cast<std::int64_t>(*length);
  if (*index < -size || *index >= size) return otherwise();
  const std::size_t place = clamped(*index, *length);
  return from.is_text() ? value::text(characters(from.as_text(), place, 1)) : from[place];
}

value index_of(evaluation& run, const expression& call, const value& data) {
  const value place = run.arg(call, 0, data);
  const value wanted = run.arg(call, 1, data);
  if (place.is_absent()) return value::null();
  if (place.is_text()) {
    if (!wanted.is_text()) return wrong_type(run, call, "a text to find in a text", wanted);
    const auto found = find_text(run, place.as_text(), wanted.as_text());
    return found ? count_value(count_characters(place.as_text().substr(0, *found))) : value::null();
  }
  if (!place.is_array()) return wrong_type(run, call, "an array or a text", place);
  for (std::size_t i = 0; i < place.size() && run.step(); ++i)
    if (deeply_equal(run, place[i], wanted)) return count_value(i);
  return value::null();
}

}  // namespace pawl::flow::logic::op
