#include "flow/analysis/writes.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "flow/logic/logic.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

/// Types whose nodes write no data from outside the flow.
constexpr std::array<std::string_view, 9> types_without_writes = {
    "start", "end", "condition", "wait", "parallel", "join", "fail", "map", "section"};

/// The members of what a step keeps; null if they are not known.
const json* members_of_result(const json& data) {
  const auto made = data.find("result");
  const bool is_built = made != data.end() && made->is_object() && !logic::is_rule(*made) &&
                        !made->contains("literal") && !made->contains("omit");
  return is_built ? &*made : nullptr;
}

bool has_result(const json& data) {
  const auto made = data.find("result");
  return made != data.end() && !made->is_null();
}

/// The keys under which `into` and `result` keep what a step or an event gives. Without both it is
/// merged at the top level.
written_keys keys_of_kept(const json& settings) {
  written_keys made;
  if (const auto into = settings.find("into"); into != settings.end()) {
    if (into->is_string()) made.keys.insert(into->get<std::string>());
  } else if (const json* const members = members_of_result(settings)) {
    for (const auto& [key, value] : members->items()) made.keys.insert(key);
  } else {
    made.unknown = true;
  }
  return made;
}

/// One of its events happens: those of all, and those that each of them has.
written_keys keys_of_events(const json& events) {
  written_keys made;
  bool is_first = true;
  for (const json& event : events) {
    const written_keys kept = keys_of_kept(event);
    made.unknown = made.unknown || kept.unknown;
    made.keys.insert(kept.keys.begin(), kept.keys.end());
    if (std::exchange(is_first, false)) {
      made.sure = kept.keys;
    } else {
      std::erase_if(made.sure, [&](const auto& key) { return !kept.keys.contains(key); });
    }
  }
  return made;
}

written_keys keys_of_node(const live_graph& graph, node_index i) {
  const compiled_node& node = graph.at(i);
  const json& data = graph.source_of(i).data;
  if (node.type == "set") {
    written_keys made;
    for (const auto& [key, rule] : data.at("values").items()) made.keys.insert(key);
    return made;
  }
  const bool has_default = !data.contains("into") && !has_result(data);
  if (node.type == "http" && has_default) return {.keys = {"response"}};
  if (node.type == "signal" && data.contains("names") && has_default)
    return {.keys = {"signal", "payload"}};
  written_keys made = keys_of_kept(data);
  if (std::find(types_without_writes.begin(), types_without_writes.end(), node.type) !=
      types_without_writes.end())
    made.unknown = false;
  return made;
}

}  // namespace

written_keys keys_written_by(const live_graph& graph, node_index i) {
  const compiled_node& node = graph.at(i);
  if (node.type == "await") return keys_of_events(graph.source_of(i).data.at("for"));
  if (const map_plan* const plan = node.behaviour->map()) {
    written_keys made{.keys = {plan->as, plan->index}};
    if (plan->into) {
      made.keys.insert(*plan->into);
      made.sure.insert(*plan->into);
    }
    return made;
  }
  written_keys made = keys_of_node(graph, i);
  made.sure = made.keys;
  return made;
}

}  // namespace pawl::flow
