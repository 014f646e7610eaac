// get, put, exists, val: paths are keys, one by one, which may contain dots.

#include <algorithm>
#include <vector>

#include "flow/logic/coercion.hpp"
#include "flow/logic/lookup.hpp"
#include "flow/logic/operators/arguments.hpp"
#include "flow/logic/operators/operators.hpp"

namespace pawl::flow::logic::op {
namespace {

// The value under a key; undefined if there is none.
value child_of(evaluation& run, const expression& call, const value& parent, const value& key) {
  if (!key.is_scalar() || key.is_absent())
    return refuse(run, call, "invalid_arguments", "takes keys that are texts or numbers");
  return member_of(run, parent, to_text(run, key));
}

// Walks to the end of a path. Undefined if there is no such place.
value walk(evaluation& run, const expression& call, value at, const value& keys) {
  if (!keys.is_array()) return child_of(run, call, at, keys);
  for (std::size_t i = 0; i < keys.size() && !at.is_undefined() && run.step(); ++i)
    at = child_of(run, call, at, keys[i]);
  return at;
}

// The number in [[n], key, …], by which the path begins in an outer scope.
std::optional<std::int64_t> scope_of(const value& first) noexcept {
  if (!first.is_array() || first.size() != 1) return std::nullopt;
  return whole_number(first[0]);
}

// The data of a scope. Each iteration adds two: {"index": n} and the data around it.
value scoped_data(evaluation& run, const value& data, std::int64_t levels) {
  const std::uint64_t up =
      levels < 0 ? 0 - static_cast<std::uint64_t>(levels) : static_cast<std::uint64_t>(levels);
  if (up == 0) return whole(run, data);
  const evaluation::scope* around = run.innermost();
  for (std::uint64_t i = 2; around != nullptr && i < up && run.step(); i += 2)
    around = around->outer;
  if (around == nullptr) return {};
  if (up % 2 == 0) return whole(run, *around->data);
  record_builder made{run, 1};
  made.add("index", count_value(around->index));
  return made.finish();
}

// Where the path of `val` and `exists` ends; undefined if there is no such place.
value place_of(evaluation& run, const expression& call, const value& data) {
  if (call.arg_count == 1) {
    const value keys = run.arg(call, 0, data);
    if (const auto levels = scope_of(keys); levels && call.first_arg[0].is_literal())
      return scoped_data(run, data, *levels);
    return walk(run, call, whole(run, data), keys);
  }
  value at;
  for (std::size_t i = 0; i < call.arg_count; ++i) {
    const value key = run.arg(call, i, data);
    if (run.failed()) return {};
    if (i == 0) {
      if (const auto levels = scope_of(key)) {
        at = scoped_data(run, data, *levels);
        continue;
      }
      at = whole(run, data);
    }
    if (at.is_undefined()) return {};
    at = child_of(run, call, at, key);
  }
  return call.arg_count == 0 ? whole(run, data) : at;
}

// The index of a key in an array of that size; the size is the place of a new item.
std::optional<std::size_t> index_in(std::size_t size, const value& key) noexcept {
  const auto index = whole_number(key);
  if (!index || *index < 0 || static_cast<std::uint64_t>(*index) > size) return std::nullopt;
  return static_cast<std::size_t>(*index);
}

// A copy of `parent`, an object or null, with one member set.
value with_member(evaluation& run, const value& parent, std::string_view key, const value& what) {
  const value before = parent.is_object() ? as_record(run, parent) : value{};
  const std::size_t size = before.is_object() ? before.size() : 0;
  if (!run.step(size / 4)) return {};
  record_builder made{run, size + 1};
  for (std::size_t i = 0; i < size; ++i)
    made.add(before.members()[i].key, before.members()[i].what);
  made.add(key, what);
  return made.finish();
}

// A copy of an array with one item set or added.
value with_item(evaluation& run, const value& parent, std::size_t index, const value& what) {
  if (!run.step(parent.size() / 8)) return {};
  const std::size_t size = std::max(parent.size(), index + 1);
  list_builder made{run, size};
  for (std::size_t i = 0; i < size; ++i) made.add(i == index ? what : parent[i]);
  return made.finish();
}

}  // namespace

// From the JSONLogic community: like var, but its arguments are keys.
value val(evaluation& run, const expression& call, const value& data) {
  const value found = place_of(run, call, data);
  return found.is_undefined() ? value::null() : found;
}

value exists(evaluation& run, const expression& call, const value& data) {
  return value::boolean(!place_of(run, call, data).is_undefined());
}

value get(evaluation& run, const expression& call, const value& data) {
  const value from = run.arg(call, 0, data);
  const value found = walk(run, call, from, run.arg(call, 1, data));
  if (!found.is_undefined()) return found;
  return call.arg_count > 2 ? run.arg(call, 2, data) : value::null();
}

// Copies what is on the path, from its end to its beginning.
value put(evaluation& run, const expression& call, const value& data) {
  const value from = run.arg(call, 0, data);
  const value keys = run.arg(call, 1, data);
  value made = run.arg(call, 2, data);
  const std::size_t count = keys.is_array() ? keys.size() : 1;
  if (!run.step(count) || !run.take(count * sizeof(value))) return {};
  std::vector<value> parents;
  parents.reserve(count);
  value at = from;
  for (std::size_t i = 0; i < count && !run.failed(); ++i) {
    const value key = keys.is_array() ? keys[i] : keys;
    if (!at.is_absent() && !at.is_object() && !at.is_array())
      return wrong_type(run, call, "a path through objects and arrays", at);
    if (at.is_array() && !index_in(at.size(), key))
      return refuse(run, call, "invalid_arguments",
                    "takes an index from 0 to the size of the array");
    parents.push_back(at);
    at = at.is_absent() ? value{} : child_of(run, call, at, key);
  }
  for (std::size_t i = parents.size(); i > 0 && !run.failed(); --i) {
    const value key = keys.is_array() ? keys[i - 1] : keys;
    const value parent = parents[i - 1];
    if (parent.is_array()) {
      made = with_item(run, parent, *index_in(parent.size(), key), made);
    } else {
      if (!key.is_scalar() || key.is_absent())
        return refuse(run, call, "invalid_arguments", "takes keys that are texts or numbers");
      made = with_member(run, parent, to_text(run, key), made);
    }
  }
  return made;
}

}  // namespace pawl::flow::logic::op
