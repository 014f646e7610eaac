#include "bench/flows.hpp"

namespace pawl::bench {

json linear_flow(const std::string& name, std::size_t steps, const std::string& function,
                 const json& args) {
  json nodes = json::array(), edges = json::array();
  for (std::size_t i = 0; i < steps; ++i) {
    const std::string id = "s" + std::to_string(i);
    nodes.push_back(
        {{"id", id}, {"type", "task"}, {"data", {{"code_ref", function}, {"args", args}}}});
    if (i > 0) edges.push_back({{"source", "s" + std::to_string(i - 1)}, {"target", id}});
  }
  return {{"name", name}, {"nodes", nodes}, {"edges", edges}};
}

json waiting_flow(const std::string& name) {
  return {{"name", name},
          {"nodes", {{{"id", "w"}, {"type", "signal"}, {"data", {{"name", "go"}}}}}},
          {"edges", json::array()}};
}

}  // namespace pawl::bench
