// group_by, index_by, unique.

#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "flow/logic/coercion.hpp"
#include "flow/logic/json_writer.hpp"
#include "flow/logic/operators/arguments.hpp"
#include "flow/logic/operators/operators.hpp"

namespace pawl::flow::logic::op {
namespace {

// What an entry of a hash table costs, besides its key.
constexpr std::size_t entry_bytes = 64;

// The key of an item as the text of a member's name. Undefined after a failure.
value name_of_item(evaluation& run, const expression& call, const value& key) {
  if (run.failed()) return {};
  if (!key.is_scalar()) return wrong_type(run, call, "keys that are scalars", key);
  const std::string_view text = to_text(run, key.is_absent() ? value::null() : key);
  return run.read(text.size()) ? value::text(text) : value{};
}

}  // namespace

value group_by(evaluation& run, const expression& call, const value& data) {
  const value items = run.arg(call, 0, data);
  if (items.is_absent()) return value::null();
  if (!items.is_array()) return wrong_type(run, call, "an array", items);
  std::unordered_map<std::string_view, std::vector<value>> groups;
  for (std::size_t i = 0; i < items.size() && run.step(); ++i) {
    const value item = items[i];
    const value name = name_of_item(run, call, key_of_item(run, call, item, data, i));
    if (run.failed() || !run.take(entry_bytes)) return {};
    groups[name.as_text()].push_back(item);
  }
  record_builder made{run, groups.size()};
  for (const auto& [name, members] : groups) {
    list_builder group{run, members.size()};
    for (const value& member : members) group.add(member);
    made.add(name, group.finish());
  }
  return made.finish();
}

value index_by(evaluation& run, const expression& call, const value& data) {
  const value items = run.arg(call, 0, data);
  if (items.is_absent()) return value::null();
  if (!items.is_array()) return wrong_type(run, call, "an array", items);
  record_builder made{run, items.size()};
  for (std::size_t i = 0; i < items.size() && run.step(); ++i) {
    const value item = items[i];
    const value name = name_of_item(run, call, key_of_item(run, call, item, data, i));
    if (run.failed()) return {};
    made.add(name.as_text(), item);
  }
  return made.finish();
}

value unique(evaluation& run, const expression& call, const value& data) {
  const value items = run.arg(call, 0, data);
  if (items.is_absent()) return value::null();
  if (!items.is_array()) return wrong_type(run, call, "an array", items);
  std::unordered_set<std::string_view> seen;
  list_builder kept{run, items.size()};
  for (std::size_t i = 0; i < items.size() && run.step(); ++i) {
    const value item = items[i];
    const std::string_view text = json_text_of(run, key_of_item(run, call, item, data, i));
    if (!run.read(text.size()) || !run.take(entry_bytes)) return {};
    if (seen.insert(text).second) kept.add(item);
  }
  return kept.finish();
}

}  // namespace pawl::flow::logic::op
