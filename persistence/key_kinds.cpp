#include "persistence/key_kinds.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

#include "persistence/keys.hpp"

namespace pawl::persistence {
namespace {

/// What follows the kind in a key.
enum class key_names : unsigned char {
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
  key_names has;
};

constexpr kind_of_keys flow_keys[] = {
    {'h', "flow heads", key_names::scope_and_flow},
    {'v', "flow versions", key_names::scope_and_flow},
    {'f', "flow numbers", key_names::scope_and_flow},
    {'g', "flow numbers", key_names::scope},
    {'i', "flow numbers", key_names::scope_and_flow},
    {'n', "flow numbers", key_names::scope},
    {'l', "flow labels", key_names::scope_and_flow},
};
constexpr kind_of_keys index_keys_by_kind[] = {
    {'m', "runs by status", key_names::status_and_scope},
    {'s', "runs by status", key_names::status_and_scope},
    {'i', "runs by term", key_names::scope},
    {'f', "runs by end", key_names::scope},
    {'a', "runs by attribute", key_names::scope},
    {'t', "timers", key_names::time_and_scope},
    {'d', "timers", key_names::time_and_scope},
    {'u', "orphaned runs", key_names::scope},
    {'x', "suspects", key_names::scope},
    {'k', "kept runs", key_names::scope},
    {'h', "held blobs", key_names::scope},
    {'z', "removed runs", key_names::scope},
    {'w', "jobs", key_names::scope},
    {'c', "jobs", key_names::scope},
    {'o', "child runs", key_names::scope},
    {'p', "child runs", key_names::scope},
    {'r', "child runs", key_names::scope},
    {'q', "queued tasks", key_names::scope},
    {'l', "leased tasks", key_names::scope},
    {'j', "journal", key_names::none},
    {'b', "journal", key_names::none},
};
constexpr kind_of_keys counter_keys[] = {
    {'s', "runs by status", key_names::scope},
    {'u', "unfinished runs", key_names::scope_and_flow},
    {'q', "queued tasks", key_names::scope},
    {'h', "runs by hour", key_names::scope_hour_and_flow},
};

constexpr kind_of_keys blob_keys[] = {
    {'h', "blobs", key_names::scope},
    {'c', "chunks of blobs", key_names::scope},
    {'u', "loose chunks", key_names::scope},
};

/// Removes a name from the front and returns it; empty if there is none.
std::string_view name_from(std::string_view& bytes) noexcept {
  const auto end = bytes.find('\0');
  if (end == bytes.npos) return {};
  const auto name = bytes.substr(0, end);
  bytes.remove_prefix(end + 1);
  return name;
}

std::size_t bytes_before_scope(key_names has) noexcept {
  return has == key_names::time_and_scope ? 8 : has == key_names::status_and_scope ? 1 : 0;
}

key_description describe_in(std::span<const kind_of_keys> known, std::string_view key) noexcept {
  for (const auto& each : known) {
    if (key.empty() || key.front() != each.kind) continue;
    key_description found{each.name};
    if (each.has == key_names::none) return found;
    const std::size_t skipped = 1 + bytes_before_scope(each.has);
    if (key.size() < skipped) return {};
    key.remove_prefix(skipped);
    found.scope = name_from(key);
    if (each.has == key_names::scope_hour_and_flow)
      key.remove_prefix(std::min<std::size_t>(key.size(), 4));
    if (each.has == key_names::scope_and_flow || each.has == key_names::scope_hour_and_flow)
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
  if (keys::blob_naming_of(key)) return {"named blobs"};
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
    case column::blobs:
      return describe_in(blob_keys, key);
  }
  return {};
}

}  // namespace pawl::persistence
