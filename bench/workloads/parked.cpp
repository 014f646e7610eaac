#include <algorithm>

#include "bench/flows.hpp"
#include "bench/subject.hpp"
#include "bench/usage.hpp"
#include "bench/workloads/workloads.hpp"

namespace pawl::bench {
namespace {

std::string id_of(const char* kind, std::size_t i) {
  return kind + std::to_string(i);
}

/// More runs than this do not fill the memory of a store any further.
constexpr std::size_t max_warm_runs = 1'000'000;

load_result start_all(subject& on, const round& with, std::size_t count, const char* kind) {
  return all_of(
      count,
      [&](std::size_t i, done ended) { on.start("waiting", id_of(kind, i), std::move(ended)); },
      with.limits());
}

/// The time from opening the store to the end of a run after its signal, in milliseconds.
double first_signal_ms(const round& with, double& open_ms) {
  const auto begin = clock_type::now();
  const auto since = [&] {
    return std::chrono::duration<double, std::milli>(clock_type::now() - begin).count();
  };
  embedded_subject on{with.settings};
  open_ms = since();
  await([&](done ended) { on.signal_to_end(id_of("run", 0), std::move(ended)); });
  return since();
}

measurement measure_parked(const round& with) {
  measurement seen;
  double per_run = 0;
  double on_disk = 0;
  {
    embedded_subject on{with.settings};
    on.put_flow(waiting_flow("waiting"));
    // Fills the memory of the store, which does not grow with the number of runs.
    const auto warm = start_all(on, with, std::min(with.items, max_warm_runs), "warm");
    static_cast<void>(all_of(
        warm.ended,
        [&](std::size_t i, done ended) { on.signal_to_end(id_of("warm", i), std::move(ended)); },
        with.limits()));
    const double before = resident_bytes();
    seen = measure_work(on, 1, [&] { return start_all(on, with, with.items, "run"); });
    per_run = (resident_bytes() - before) / std::max(seen.items, 1.0);
    on_disk = static_cast<double>(warm.ended) + seen.items;
  }
  if (with.stopped() || seen.items == 0) return seen;
  double open_ms = 0;
  const double first_ms = first_signal_ms(with, open_ms);
  seen.figures = {{"memory_bytes_per_run", per_run},
                  // Of the runs on disk some have ended; those that are parked take about as much.
                  {"disk_bytes_per_run", disk_bytes(with.settings.storage.data_dir) / on_disk},
                  {"open_ms", open_ms},
                  {"first_signal_ms", first_ms}};
  return seen;
}

}  // namespace

const workload parked{
    .name = "parked",
    .description = "Runs that wait: memory, disk, and the first signal after the store is opened.",
    .unit = "starts",
    .latency_of = "start",
    .items = 100'000,
    .measure = measure_parked};

}  // namespace pawl::bench
