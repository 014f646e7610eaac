#include "persistence/key_kinds.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

#include "persistence/keys.hpp"

namespace pawl::persistence {
namespace {

/// What follows the kind in a key.
enum class names : unsigned char {
  none,
  scope,
  scope_and_flow,
  scope_hour_and_flow,
  time_and_scope,
  status_and_scope
};

struct kind_of_keys {
  char kind;
  std::string_view name;
  names has;
};

constexpr kind_of_keys flow_keys[] = {
    {'h', "flow heads", names::scope_and_flow},   {'v', "flow versions", names::scope_and_flow},
    {'f', "flow numbers", names::scope_and_flow}, {'g', "flow numbers", names::scope},
    {'i', "flow numbers", names::scope_and_flow}, {'n', "flow numbers", names::scope},
    {'l', "flow labels", names::scope_and_flow},
};
constexpr kind_of_keys index_keys_by_kind[] = {
    {'m', "runs by status", names::status_and_scope},
    {'s', "runs by status", names::status_and_scope},
    {'i', "runs by term", names::scope},
    {'f', "runs by end", names::scope},
    {'a', "runs by attribute", names::scope},
    {'t', "timers", names::time_and_scope},
    {'d', "timers", names::time_and_scope},
    {'u', "orphaned runs", names::scope},
    {'x', "suspects", names::scope},
    {'k', "kept runs", names::scope},
    {'z', "removed runs", names::scope},
    {'w', "jobs", names::scope},
    {'c', "jobs", names::scope},
    {'o', "child runs", names::scope},
    {'p', "child runs", names::scope},
    {'r', "child runs", names::scope},
    {'q', "queued tasks", names::scope},
    {'l', "leased tasks", names::scope},
    {'j', "journal", names::none},
    {'b', "journal", names::none},
};
constexpr kind_of_keys counter_keys[] = {
    {'s', "runs by status", names::scope},
    {'u', "unfinished runs", names::scope_and_flow},
    {'q', "queued tasks", names::scope},
    {'h', "runs by hour", names::scope_hour_and_flow},
};

/// Removes a name from the front and returns it; empty if there is none.
std::string_view name_from(std::string_view& bytes) noexcept {
  const auto end = bytes.find('\0');
  if (end == bytes.npos) return {};
  const auto name = bytes.substr(0, end);
  bytes.remove_prefix(end + 1);
  return name;
}

std::size_t bytes_before_scope(names has) noexcept {
  return has == names::time_and_scope ? 8 : has == names::status_and_scope ? 1 : 0;
}

key_description describe_in(std::span<const kind_of_keys> known, std::string_view key) noexcept {
  for (const auto& each : known) {
    if (key.empty() || key.front() != each.kind) continue;
    key_description found{each.name};
    if (each.has == names::none) return found;
    const std::size_t skipped = 1 + bytes_before_scope(each.has);
    if (key.size() < skipped) return {};
    key.remove_prefix(skipped);
    found.scope = name_from(key);
    if (each.has == names::scope_hour_and_flow)
      key.remove_prefix(std::min<std::size_t>(key.size(), 4));
    if (each.has == names::scope_and_flow || each.has == names::scope_hour_and_flow)
      found.flow = name_from(key);
    return found;
  }
  return {};
}

key_description describe_record_of_run(std::string_view key) noexcept {
  if (keys::is_state(key)) return {"states"};
  if (keys::is_input(key)) return {"inputs"};
  if (keys::sequence_of(key)) return {"checkpoints"};
  if (keys::is_base_state(key)) return {"base states"};
  if (keys::is_of_log(key)) return {"logs"};
  return {};
}

}  // namespace

key_description describe_key(column where, std::string_view key) noexcept {
  switch (where) {
    case column::meta:
      return {"metadata"};
    case column::flows:
      return describe_in(flow_keys, key);
    case column::runs:
      return {"runs", name_from(key)};
    case column::checkpoints:
      return describe_record_of_run(key);
    case column::indexes:
      return describe_in(index_keys_by_kind, key);
    case column::counters:
      return describe_in(counter_keys, key);
  }
  return {};
}

}  // namespace pawl::persistence
