#include "bench/subject.hpp"
#include "bench/workloads/workloads.hpp"

namespace pawl::bench {
namespace {

/// Starts `count` branches of one step each, and joins them.
json branching_flow(std::size_t count, const std::string& function) {
  json nodes{{{"id", "fork"}, {"type", "parallel"}}, {{"id", "join"}, {"type", "join"}}};
  json edges = json::array();
  for (std::size_t i = 0; i < count; ++i) {
    const std::string id = "b" + std::to_string(i);
    nodes.push_back({{"id", id}, {"type", "task"}, {"data", {{"code_ref", function}}}});
    edges.push_back({{"source", "fork"}, {"target", id}});
    edges.push_back({{"source", id}, {"target", "join"}});
  }
  return {{"name", "branches"}, {"nodes", nodes}, {"edges", edges}};
}

measurement measure_branches(const round& with) {
  const auto on = open_subject(with);
  on->put_flow(branching_flow(with.items, on->noop()));
  const auto op = [&](done ended) { on->start_and_wait("branches", std::move(ended)); };
  return measure_load(*on, with, op, static_cast<double>(with.items));
}

}  // namespace

const workload branches{.name = "branches",
                        .description = "Runs that fork into branches of one step and join them.",
                        .unit = "branches",
                        .latency_of = "run",
                        .in_flight = 16,
                        .items = 100,
                        .takes_rate = true,
                        .takes_server = true,
                        .measure = measure_branches};

}  // namespace pawl::bench
