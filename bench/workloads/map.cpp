#include "bench/subject.hpp"
#include "bench/workloads/workloads.hpp"

namespace pawl::bench {
namespace {

json map_flow(std::size_t items, const std::string& function) {
  json all = json::array();
  for (std::size_t i = 0; i < items; ++i) all.push_back(i);
  return {{"name", "map"},
          {"nodes",
           {{{"id", "m"}, {"type", "map"}, {"data", {{"items", all}, {"max_concurrency", 100}}}},
            {{"id", "s"}, {"type", "task"}, {"data", {{"code_ref", function}}}}}},
          {"edges", {{{"source", "m"}, {"target", "s"}, {"data", {{"each", true}}}}}}};
}

measurement measure_map(const round& with) {
  const auto on = open_subject(with);
  on->put_flow(map_flow(with.items, on->noop()));
  const auto op = [&](done ended) { on->start_and_wait("map", std::move(ended)); };
  return measure_load(*on, with, op, static_cast<double>(with.items));
}

}  // namespace

const workload map_items{.name = "map",
                         .description = "Runs that map a step over an array.",
                         .unit = "items",
                         .latency_of = "run",
                         .in_flight = 4,
                         .items = 1'000,
                         .takes_rate = true,
                         .takes_server = true,
                         .measure = measure_map};

}  // namespace pawl::bench
