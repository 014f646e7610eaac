#include "bench/subject.hpp"
#include "bench/workloads/workloads.hpp"

namespace pawl::bench {
namespace {

/// Takes one signal "go" after the other.
json looping_flow() {
  return {
      {"name", "looping"},
      {"nodes",
       {{{"id", "w"}, {"type", "signal"}, {"data", {{"name", "go"}, {"max_visits", 1'000'000}}}},
        {{"id", "end"}, {"type", "end"}}}},
      {"edges",
       {{{"source", "w"}, {"target", "end"}, {"data", {{"when", {{"var", "stop"}}}}}},
        {{"source", "w"}, {"target", "w"}}}}};
}

measurement measure_signal_one_run(const round& with) {
  const auto on = open_subject(with);
  on->put_flow(looping_flow());
  const std::string id = "one-" + unique_text();
  await([&](done started) { on->start("looping", id, std::move(started)); });
  const auto op = [&](done answered) { on->signal(id, std::move(answered)); };
  return measure_load(*on, with, op, 1);
}

}  // namespace

const workload signal_one_run{
    .name = "signal-one-run",
    .description = "Signals to one run; with 1 in flight each waits for the answer to the last.",
    .unit = "signals",
    .latency_of = "signal to durable answer",
    .in_flight = 1,
    .takes_rate = true,
    .takes_server = true,
    .measure = measure_signal_one_run};

}  // namespace pawl::bench
