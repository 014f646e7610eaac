#include "bench/flows.hpp"
#include "bench/subject.hpp"
#include "bench/workloads/workloads.hpp"

namespace pawl::bench {
namespace {

constexpr std::size_t pure_steps = 10;

measurement measure_pure(const round& with) {
  embedded_subject on{with.settings};
  on.put_flow(linear_flow("pure", pure_steps, "bench.pure"));
  const auto op = [&](done ended) { on.start_and_wait("pure", std::move(ended)); };
  return measure_load(on, with, op, static_cast<double>(pure_steps));
}

}  // namespace

const workload pure_10{.name = "pure-10",
                       .description = "Runs of 10 steps declared pure: no commit of their own.",
                       .unit = "steps",
                       .latency_of = "run",
                       .takes_rate = true,
                       .measure = measure_pure};

}  // namespace pawl::bench
