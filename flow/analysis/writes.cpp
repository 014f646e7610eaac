#include "flow/analysis/writes.hpp"

#include <algorithm>
#include <array>
#include <string_view>

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

}  // namespace

written_keys keys_written_by(const live_graph& graph, node_index i) {
  const compiled_node& node = graph.at(i);
  const json& data = graph.source_of(i).data;
  written_keys made;
  if (const map_plan* const plan = node.behaviour->map()) {
    made.keys.insert({plan->as, plan->index});
    if (plan->into) made.keys.insert(*plan->into);
  } else if (node.type == "set") {
    for (const auto& [key, rule] : data.at("values").items()) made.keys.insert(key);
  } else if (const auto into = data.find("into"); into != data.end()) {
    if (into->is_string()) made.keys.insert(into->get<std::string>());
  } else if (node.type == "http" && !has_result(data)) {
    made.keys.insert("response");
  } else if (node.type == "signal" && data.contains("names") && !has_result(data)) {
    made.keys.insert({"signal", "payload"});
  } else if (const json* const members = members_of_result(data)) {
    for (const auto& [key, value] : members->items()) made.keys.insert(key);
  } else {
    made.unknown = std::find(types_without_writes.begin(), types_without_writes.end(), node.type) ==
                   types_without_writes.end();
  }
  return made;
}

}  // namespace pawl::flow
