#include "bench/flows.hpp"
#include "bench/subject.hpp"
#include "bench/workloads/workloads.hpp"

namespace pawl::bench {
namespace {

/// Runs of `steps` steps that do nothing, each durable on its own.
template <std::size_t Steps>
measurement measure_linear(const round& with) {
  const auto on = open_subject(with);
  on->put_flow(linear_flow("linear", Steps, on->noop()));
  const auto op = [&](done ended) { on->start_and_wait("linear", std::move(ended)); };
  return measure_load(*on, with, op, static_cast<double>(Steps));
}

template <std::size_t Steps>
constexpr workload linear(std::string_view name, std::string_view description) {
  return {.name = name,
          .description = description,
          .unit = "steps",
          .latency_of = "run",
          .takes_rate = true,
          .takes_server = true,
          .measure = measure_linear<Steps>};
}

}  // namespace

const workload linear_10 = linear<10>("linear-10", "Runs of 10 inline steps that do nothing.");
const workload linear_3 = linear<3>("linear-3", "Runs of 3 inline steps that do nothing.");
const workload linear_1 = linear<1>("linear-1", "Runs of 1 inline step that does nothing.");

}  // namespace pawl::bench
