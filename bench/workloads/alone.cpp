#include "bench/flows.hpp"
#include "bench/subject.hpp"
#include "bench/workloads/workloads.hpp"

namespace pawl::bench {
namespace {

measurement measure_alone(const round& with) {
  const auto on = open_subject(with);
  on->put_flow(linear_flow("alone", 1, on->noop()));
  const auto op = [&](done ended) { on->start_and_wait("alone", std::move(ended)); };
  return measure_load(*on, with, op, 1);
}

}  // namespace

const workload alone{.name = "alone",
                     .description = "One 1-step run after the other: latency without load.",
                     .unit = "runs",
                     .latency_of = "run",
                     .in_flight = 1,
                     .takes_rate = true,
                     .takes_server = true,
                     .measure = measure_alone};

}  // namespace pawl::bench
