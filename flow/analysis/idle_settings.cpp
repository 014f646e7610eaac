#include "flow/analysis/idle_settings.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include <pawl/code_ref.hpp>

#include "flow/analysis/writes.hpp"
#include "flow/nodes/node.hpp"
#include "flow/values/pointer.hpp"

namespace pawl::flow {
namespace {

/// Names that a rule reads elsewhere; see `rule_variables`.
constexpr std::array<std::string_view, 5> names_of_rules = {"metadata", "run_id", "thread_id",
                                                            "current_node", "condition_result"};

/// Whether one of the nodes that can be reached from these can be compensated.
bool can_compensate(const live_graph& graph, const std::vector<node_index>& from) {
  return std::any_of(from.begin(), from.end(), [&](node_index first) {
    const auto reached = graph.reached_from(first);
    for (node_index i = 0; i < graph.size(); ++i)
      if (reached[i] && !graph.at(i).behaviour->compensation_ref().empty()) return true;
    return false;
  });
}

/// The key of a node that sets what becomes of steps inside it; "" if it sets nothing.
std::string_view compensating_key(const node& of) {
  if (const section_plan* const section = of.section())
    return section->compensates ? "compensate" : section->makes_final ? "at_end" : "";
  const join_plan* const join = of.join();
  return join != nullptr && join->compensates_losers ? "losers" : "";
}

/// Where a node writes a key.
std::string pointer_of_written(const node_definition& node, const std::string& key) {
  if (node.type == "set") return child_pointer(data_pointer(node, "values"), key);
  for (const char* const setting : {"into", "as", "index"})
    if (node.data.value(setting, json{}) == key) return data_pointer(node, setting);
  return data_pointer(node, "result");
}

}  // namespace

void warn_of_idle_settings(const live_graph& graph, std::vector<diagnostic>& diagnostics) {
  for (node_index i = 0; i < graph.size(); ++i) {
    const compiled_node& node = graph.at(i);
    const std::string_view key = compensating_key(*node.behaviour);
    if (key.empty()) continue;
    const auto inside = node.behaviour->section() ? std::vector{node.each->target} : node.closes;
    if (inside.empty() || can_compensate(graph, inside)) continue;
    const bool is_section = node.behaviour->section() != nullptr;
    diagnostics.push_back(
        {severity::warning, data_pointer(graph.source_of(i), key), "nothing_to_compensate",
         "no step " + std::string{is_section ? "of the body" : "before the join"} +
             " has \"compensate\", the call that undoes it, so " + pawl::quoted(key) +
             " changes nothing"});
  }
}

void warn_of_hidden_keys(const live_graph& graph, bool has_vars,
                         std::vector<diagnostic>& diagnostics) {
  for (node_index i = 0; i < graph.size(); ++i) {
    for (const auto& key : keys_written_by(graph, i).keys) {
      const bool is_hidden =
          (has_vars && key == "vars") ||
          std::find(names_of_rules.begin(), names_of_rules.end(), key) != names_of_rules.end();
      if (!is_hidden) continue;
      diagnostics.push_back({severity::warning, pointer_of_written(graph.source_of(i), key),
                             "hidden_key",
                             "rules read " + pawl::quoted(key) +
                                 " of the run, not this key of the data; choose another name"});
    }
  }
}

}  // namespace pawl::flow
