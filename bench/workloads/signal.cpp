#include "bench/flows.hpp"
#include "bench/subject.hpp"
#include "bench/workloads/workloads.hpp"

namespace pawl::bench {
namespace {

measurement measure_signal(const round& with) {
  const auto on = open_subject(with);
  on->put_flow(waiting_flow("waiting"));
  // The names differ between rounds against one server.
  const std::string prefix = "signal-" + unique_text() + "-";
  const auto id_of = [&](std::size_t i) { return prefix + std::to_string(i); };
  const auto started = all_of(
      with.items,
      [&](std::size_t i, done ended) { on->start("waiting", id_of(i), std::move(ended)); },
      with.limits());
  measurement seen = measure_work(*on, 1, [&] {
    return all_of(
        started.ended,
        [&](std::size_t i, done ended) { on->signal_to_end(id_of(i), std::move(ended)); },
        with.limits());
  });
  seen.figures.emplace_back("starts_per_s", static_cast<double>(started.ended) / started.seconds);
  return seen;
}

}  // namespace

const workload signal_parked{.name = "signal",
                             .description = "Signals to parked runs, each of which then finishes.",
                             .unit = "runs",
                             .latency_of = "signal to end of run",
                             .items = 10'000,
                             .takes_server = true,
                             .measure = measure_signal};

}  // namespace pawl::bench
