// object, assign, assign_deep, pick, omit_keys, entries, from_entries.

#include <algorithm>
#include <vector>

#include "flow/logic/coercion.hpp"
#include "flow/logic/lookup.hpp"
#include "flow/logic/operators/arguments.hpp"
#include "flow/logic/operators/operators.hpp"

namespace pawl::flow::logic::op {
namespace {

// Joins two records: `both(a, b)` is the value of a key that both have. Linear.
template <class Both>
value joined(evaluation& run, const value& a, const value& b, Both both) {
  if (!run.step((a.size() + b.size()) / 4)) return {};
  record_builder made{run, a.size() + b.size()};
  std::size_t i = 0;
  std::size_t k = 0;
  while (i < a.size() && k < b.size()) {
    const member& left = a.members()[i];
    const member& right = b.members()[k];
    const int order = left.key.compare(right.key);
    if (order < 0) {
      made.add(left.key, left.what);
    } else if (order > 0) {
      made.add(right.key, right.what);
    } else {
      made.add(left.key, both(left.what, right.what));
    }
    i += order <= 0 ? 1 : 0;
    k += order >= 0 ? 1 : 0;
  }
  for (; i < a.size(); ++i) made.add(a.members()[i].key, a.members()[i].what);
  for (; k < b.size(); ++k) made.add(b.members()[k].key, b.members()[k].what);
  return made.finish();
}

value later(const value&, const value& b) {
  return b;
}

// Recursive; the depth is limited as that of built values is.
value deep(evaluation& run, const value& a, const value& b, std::uint32_t depth) {
  if (!a.is_object() || !b.is_object()) return b;
  if (!run.step() || !run.may_nest(depth)) return {};
  return joined(run, as_record(run, a), as_record(run, b),
                [&](const value& x, const value& y) { return deep(run, x, y, depth + 1); });
}

template <class Join>
value assigned(evaluation& run, const expression& call, const value& data, Join join) {
  value made;
  for (const expression& arg : call.args()) {
    const value next = run.eval(arg, data);
    if (next.is_absent()) continue;
    if (!next.is_object()) return wrong_type(run, call, "objects", next);
    made = made.is_undefined() ? next : join(made, next);
    if (run.failed()) return {};
  }
  return made.is_undefined() ? value::null() : made;
}

// The keys of pick and omit_keys, sorted. None after a failure.
std::optional<std::vector<std::string_view>> keys_of(evaluation& run, const expression& call,
                                                     const value& data) {
  std::vector<std::string_view> keys;
  const auto add = [&](const value& key) {
    if (!key.is_text()) {
      wrong_type(run, call, "keys that are texts", key);
    } else if (run.read(key.size()) && run.take(sizeof(std::string_view))) {
      keys.push_back(key.as_text());
    }
  };
  for (std::size_t i = 1; i < call.arg_count && !run.failed(); ++i) {
    const value given = run.arg(call, i, data);
    if (!given.is_array()) {
      add(given);
    } else {
      for (std::size_t k = 0; k < given.size() && run.step(); ++k) add(given[k]);
    }
  }
  if (run.failed()) return std::nullopt;
  std::ranges::sort(keys);
  return keys;
}

value filtered(evaluation& run, const expression& call, const value& data, bool wanted) {
  const value from = run.arg(call, 0, data);
  if (from.is_absent()) return value::null();
  if (!from.is_object()) return wrong_type(run, call, "an object", from);
  const auto keys = keys_of(run, call, data);
  if (!keys) return {};
  const value members = as_record(run, from);
  if (!run.step(members.size())) return {};
  record_builder made{run, members.size()};
  for (std::size_t i = 0; i < members.size(); ++i) {
    const member& each = members.members()[i];
    if (std::ranges::binary_search(*keys, each.key) == wanted) made.add(each.key, each.what);
  }
  return made.finish();
}

// The key and value of an entry: {"key", "value"} or [key, value]. Undefined for others.
std::pair<value, value> entry_of(evaluation& run, const value& entry) {
  if (entry.is_array() && entry.size() == 2) return {entry[0], entry[1]};
  if (!entry.is_object()) return {};
  return {member_of(run, entry, "key"), member_of(run, entry, "value")};
}

}  // namespace

// The object that "object" computes: the arguments are the values of the members of its source.
value object_literal(evaluation& run, const expression& call, const value& data) {
  record_builder made{run, call.arg_count};
  std::size_t i = 0;
  for (const auto& [key, part] : *call.source->get_ptr<const json::object_t*>()) {
    const value what = run.arg(call, i++, data);
    if (run.failed()) return {};
    if (!what.is_omitted()) made.add(key, what);
  }
  return made.finish();
}

value assign(evaluation& run, const expression& call, const value& data) {
  return assigned(run, call, data, [&](const value& a, const value& b) {
    return joined(run, as_record(run, a), as_record(run, b), later);
  });
}

value assign_deep(evaluation& run, const expression& call, const value& data) {
  return assigned(run, call, data,
                  [&](const value& a, const value& b) { return deep(run, a, b, 1); });
}

value pick(evaluation& run, const expression& call, const value& data) {
  return filtered(run, call, data, true);
}

value omit_keys(evaluation& run, const expression& call, const value& data) {
  return filtered(run, call, data, false);
}

value entries(evaluation& run, const expression& call, const value& data) {
  const value from = run.arg(call, 0, data);
  if (from.is_absent()) return value::null();
  if (!from.is_object()) return wrong_type(run, call, "an object", from);
  const value members = as_record(run, from);
  list_builder made{run, members.size()};
  for (std::size_t i = 0; i < members.size() && run.step(); ++i) {
    record_builder entry{run, 2};
    entry.add("key", value::text(members.members()[i].key));
    entry.add("value", members.members()[i].what);
    made.add(entry.finish());
  }
  return made.finish();
}

value from_entries(evaluation& run, const expression& call, const value& data) {
  const value items = run.arg(call, 0, data);
  if (items.is_absent()) return value::null();
  if (!items.is_array()) return wrong_type(run, call, "an array of entries", items);
  record_builder made{run, items.size()};
  for (std::size_t i = 0; i < items.size() && run.step(); ++i) {
    const auto [key, what] = entry_of(run, items[i]);
    if (run.failed()) return {};
    if (key.is_undefined() || !key.is_scalar())
      return wrong_type(run, call, "entries: {\"key\": …, \"value\": …} or [KEY, VALUE]", items[i]);
    const std::string_view name = to_text(run, key);
    if (!run.read(name.size())) return {};
    made.add(name, what);
  }
  return made.finish();
}

}  // namespace pawl::flow::logic::op
