#include <algorithm>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>

#include "bench/event_reader.hpp"
#include "bench/failure.hpp"
#include "bench/flows.hpp"
#include "bench/remote_subject.hpp"
#include "bench/served_process.hpp"
#include "bench/subject.hpp"
#include "bench/usage.hpp"
#include "bench/workloads/workloads.hpp"

namespace pawl::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t run_steps = 20;
constexpr int step_ms = 100;
constexpr auto longest_recovery = 120s;

/// The runs of which something was heard after the restart. Thread-safe.
class returned {
 public:
  explicit returned(std::size_t count) : count_(count) {}

  void note(const live_event& event) {
    const std::string& id = event.run.id.str();
    if (!id.starts_with("r-")) return;
    const auto now = clock_type::now();
    const std::lock_guard lock{mutex_};
    if (on_.insert(id).second) all_went_on_ = now;
    if (event.what.kind != "run_completed") return;
    ++ended_;
    all_ended_ = now;
  }
  [[nodiscard]] bool have_all_ended() const {
    const std::lock_guard lock{mutex_};
    return ended_ == count_;
  }
  /// When the last run was heard of first.
  [[nodiscard]] clock_type::time_point all_went_on() const {
    const std::lock_guard lock{mutex_};
    return all_went_on_;
  }
  [[nodiscard]] clock_type::time_point all_ended() const {
    const std::lock_guard lock{mutex_};
    return all_ended_;
  }

 private:
  const std::size_t count_;
  mutable std::mutex mutex_;
  std::unordered_set<std::string> on_;
  std::size_t ended_ = 0;
  clock_type::time_point all_went_on_{}, all_ended_{};
};

/// Starts the runs in a server and kills it while all of them are at a step.
void run_and_kill(const round& with) {
  served_process server{with.program, with.settings};
  remote_subject on{server.address(), std::min<std::size_t>(with.in_flight, 64)};
  on.put_flow(linear_flow("long", run_steps, "core.sleep", {{"ms", step_ms}}));
  on.put_flow(linear_flow("new", 1, "core.echo"));
  static_cast<void>(all_of(
      with.items,
      [&](std::size_t i, done ended) {
        on.start("long", "r-" + std::to_string(i), std::move(ended));
      },
      with.limits()));
  server.kill();
}

std::size_t completed_runs(const engine& of) {
  for (const auto& each : or_throw(of.runs().counts()))
    if (each.status == run_status::completed) return each.count;
  return 0;
}

measurement measure_recovery(const round& with) {
  run_and_kill(with);
  if (with.stopped()) return {};
  const double cpu = own_cpu_seconds();
  const auto begin = clock_type::now();
  const auto ms_since_begin = [&](clock_type::time_point t) {
    return std::chrono::duration<double, std::milli>(t - begin).count();
  };
  embedded_subject on{with.settings};
  const double open_ms = ms_since_begin(clock_type::now());
  // A step that was interrupted takes its time again, so no run ends before the events are read.
  const std::size_t running = with.items - completed_runs(on.engine());
  if (running == 0) throw failure{errc::timed_out, "all runs had ended before the process died"};
  returned back{running};
  const event_reader reading{on.engine(), [&](const live_event& e) { back.note(e); }};
  const auto first =
      all_of(1, [&](std::size_t, done ended) { on.start_and_wait("new", std::move(ended)); }, {});
  const double new_run_ms = ms_since_begin(clock_type::now());
  while (!back.have_all_ended() && !with.stopped()) {
    if (reading.lost_events() || clock_type::now() - begin > longest_recovery)
      throw failure{errc::timed_out, "not all runs have ended within 120 s after the restart"};
    std::this_thread::sleep_for(1ms);
  }
  if (with.stopped()) return {};
  measurement seen;
  seen.items = static_cast<double>(running);
  seen.seconds = seconds_type{back.all_ended() - begin}.count();
  seen.cpu_seconds = own_cpu_seconds() - cpu;
  seen.latency_ns = first.latency_ns;
  seen.figures = {{"open_ms", open_ms},
                  {"new_run_ended_ms", new_run_ms},
                  {"all_went_on_ms", ms_since_begin(back.all_went_on())},
                  {"all_ended_ms", ms_since_begin(back.all_ended())}};
  return seen;
}

}  // namespace

const workload recovery{
    .name = "recovery",
    .description = "Running runs whose process is killed: until a new run ends, and all went on.",
    .unit = "runs",
    .latency_of = "new run",
    .in_flight = 64,
    .items = 1'000,
    .measure = measure_recovery};

}  // namespace pawl::bench
