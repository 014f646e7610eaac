#include <future>
#include <memory>

#include "bench/failure.hpp"
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
  const auto started = std::make_shared<std::promise<std::string>>();
  on->start("looping", id, [started](const std::string& failed) { started->set_value(failed); });
  const std::string failed = started->get_future().get();
  if (!failed.empty()) throw failure{errc::unavailable, failed};
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
