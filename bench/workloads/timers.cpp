#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "bench/event_reader.hpp"
#include "bench/failure.hpp"
#include "bench/flows.hpp"
#include "bench/subject.hpp"
#include "bench/workloads/workloads.hpp"

namespace pawl::bench {
namespace {

using namespace std::chrono_literals;
using wall_clock = std::chrono::system_clock;

constexpr double timers_per_s = 4'000;  ///< that are started, as a rule
constexpr int max_attempts = 3;         ///< each with four times the lead of the one before

json timer_flow() {
  return {{"name", "timer"},
          {"nodes", {{{"id", "t"}, {"type", "wait"}, {"data", {{"until", {{"var", "at"}}}}}}}},
          {"edges", json::array()}};
}

double seconds_of(wall_clock::time_point t) {
  return std::chrono::duration<double>(t.time_since_epoch()).count();
}

/// The ends of the runs with timers. Thread-safe.
class fired {
 public:
  fired(double first_due_s, std::size_t count) : first_due_s_(first_due_s), count_(count) {}

  void note(const live_event& event) {
    const std::string& id = event.run.id.str();
    if (event.what.kind != "run_completed" || !id.starts_with("t-")) return;
    const double now = seconds_of(wall_clock::now());
    const double due = first_due_s_ + std::stod(id.substr(2)) / static_cast<double>(count_);
    const std::lock_guard lock{mutex_};
    seen_.latency_ns.add(static_cast<std::uint64_t>(std::max(0.0, (now - due) * 1e9)));
    seen_.seconds = now - first_due_s_;
    if (++seen_.ended == count_) all_ = true;
  }
  [[nodiscard]] bool all() const { return all_; }
  [[nodiscard]] load_result seen() {
    const std::lock_guard lock{mutex_};
    return seen_;
  }

 private:
  const double first_due_s_;
  const std::size_t count_;
  std::mutex mutex_;
  std::atomic<bool> all_{false};
  load_result seen_;
};

operation one_new_run(embedded_subject& on) {
  return [&on](done ended) { on.start_and_wait("new", std::move(ended)); };
}

/// Starts `with.items` runs whose timers are due within the second that follows `first_due`.
void start_timers(embedded_subject& on, const round& with, double first_due) {
  const auto runs = on.engine().runs();
  const auto count = static_cast<double>(with.items);
  static_cast<void>(all_of(
      with.items,
      [&](std::size_t i, done ended) {
        runs.start_async("timer", {{"at", first_due + static_cast<double>(i) / count}},
                         {.id = run_id{"t-" + std::to_string(i)}},
                         [ended = std::move(ended)](const result<run_started>& r) {
                           ended(r ? "" : r.error().message);
                         });
      },
      with.limits()));
}

/// A measurement whose first timer is due `lead_s` seconds after the starts begin; nothing if
/// the starts took longer, because timers that are overdue when they are set measure the starts.
std::optional<measurement> measure_with_lead(const round& with, double lead_s) {
  embedded_subject on{with.settings};
  on.put_flow(timer_flow());
  on.put_flow(linear_flow("new", 1, on.noop()));
  load_limits alone{.in_flight = 1, .length = 500ms, .stopped = with.stopped};
  const auto quiet = closed_loop(one_new_run(on), alone);

  const double first_due = std::ceil(seconds_of(wall_clock::now()) + lead_s);
  const auto ends = std::make_shared<fired>(first_due, with.items);
  const event_reader reading{on.engine(), [ends](const live_event& e) { ends->note(e); }};
  start_timers(on, with, first_due);
  const double early = first_due - seconds_of(wall_clock::now());
  if (early < 0 && !with.stopped()) return std::nullopt;
  std::this_thread::sleep_for(std::chrono::duration<double>(std::max(0.0, early)));
  load_result meanwhile;
  measurement seen = measure_work(on, 1, [&] {
    // New runs, one after the other, until all timers have fired.
    alone.length = 120s;
    alone.stopped = [&] { return ends->all() || with.stopped(); };
    meanwhile = closed_loop(one_new_run(on), alone);
    return ends->seen();
  });
  if (!ends->all() && !with.stopped())
    throw failure{errc::timed_out, "not all timers have fired within 120 s"};
  const auto microseconds = [](std::uint64_t ns) { return static_cast<double>(ns) / 1e3; };
  seen.figures = {{"new_run_p50_us", microseconds(meanwhile.latency_ns.quantile(0.5))},
                  {"new_run_p99_us", microseconds(meanwhile.latency_ns.quantile(0.99))},
                  {"new_run_before_p50_us", microseconds(quiet.latency_ns.quantile(0.5))}};
  return seen;
}

measurement measure_timers(const round& with) {
  double lead_s = 1 + static_cast<double>(with.items) / timers_per_s;
  for (int attempt = 0; attempt < max_attempts; ++attempt, lead_s *= 4)
    if (auto seen = measure_with_lead(with, lead_s)) return *std::move(seen);
  throw failure{errc::overloaded,
                "the timers were due before all of their runs had started; "
                "use fewer (--items N)"};
}

}  // namespace

const workload timers{
    .name = "timers",
    .description = "Timers that are due within one second, and the latency of new runs meanwhile.",
    .unit = "timers",
    .latency_of = "due time to end of run",
    .items = 10'000,
    .measure = measure_timers};

}  // namespace pawl::bench
