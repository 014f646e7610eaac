#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include <pawl/function.hpp>
#include <pawl/time.hpp>

#include "functions/call_timers.hpp"

namespace pawl::functions {

class secret_store;
struct call_facts;

/// Receives log messages and progress of calls. Called on the threads of the functions, for each
/// call one at a time; must not block or throw.
struct step_observer {
  std::function<void(const call_facts& of, log_level level, std::string_view message)> on_log = {};
  std::function<void(const call_facts& of, double fraction)> on_progress = {};
};

/// Maximum size of a log message of a step, in this process or of a worker.
inline constexpr std::size_t max_log_line_bytes = 16 * 1024;

/// Limits of the notifications to an observer.
struct observer_limits {
  /// Maximum size of a log message. A longer one is cut between two characters and ends with "…".
  std::size_t max_log_bytes = max_log_line_bytes;
  /// Minimum time between progress notifications. The first report of a function and its first 1.0
  /// are always sent.
  std::chrono::milliseconds progress_interval{50};
};

/// The facts about a call that its function can read. They must stay valid, and all but `pause`
/// unchanged, until the function has returned.
struct call_facts {
  const run_key& run;
  std::string_view node;
  std::uint32_t visit;
  std::uint32_t attempt;
  const std::string& idempotency_key;
  const json& args;
  const json* resume_value =
      nullptr;  ///< the answer to the question of an earlier call of the visit
  trace_context trace = {};
  /// Masks the secrets of the scope in what the function returns and logs; null: `args` has none.
  const secret_store* secrets = nullptr;
  /// When the run was created; distinguishes it from an earlier run with the same id.
  time_point run_created{};
  /// Whether a pause of the run is requested, which may change at any time; null: never.
  const std::atomic<bool>* pause = nullptr;
};

/// The step context of one call.
///
/// Thread-safe. After `close` has returned, the observer is not called any more, although the
/// function may still run. Close the context of an abandoned call.
class call_context final : public step_context {
 public:
  /// `observer` must outlive the context, or the time until `close`. A default `stop` token never
  /// stops.
  /// `timers`: for asynchronous functions; null: they have none.
  call_context(const call_facts& facts, const step_observer& observer,
               const observer_limits& limits, std::stop_token stop,
               std::shared_ptr<call_timers> timers = nullptr)
      : facts_(facts),
        observer_(&observer),
        limits_(limits),
        stop_(std::move(stop)),
        timers_(std::move(timers)) {}

  const run_key& run() const noexcept override { return facts_.run; }
  std::string_view node() const noexcept override { return facts_.node; }
  std::uint32_t visit() const noexcept override { return facts_.visit; }
  std::uint32_t attempt() const noexcept override { return facts_.attempt; }
  const std::string& idempotency_key() const noexcept override { return facts_.idempotency_key; }
  std::string traceparent() const override { return to_traceparent(facts_.trace); }
  const json& args() const noexcept override { return facts_.args; }
  std::stop_token stop_token() const noexcept override { return stop_; }
  bool sleep_for(std::chrono::milliseconds duration) override;
  bool pause_requested() const noexcept override {
    return facts_.pause != nullptr && facts_.pause->load(std::memory_order_relaxed);
  }
  error leave_for_pause(json where, json update) override;
  void heartbeat() override;
  error interrupt(json value, json update) override;
  const json* resume_value() const noexcept override { return facts_.resume_value; }
  void log(log_level level, std::string_view message) override;
  void progress(double fraction) override;

  /// See `call_facts::secrets`.
  [[nodiscard]] const secret_store* secrets() const noexcept { return facts_.secrets; }
  [[nodiscard]] const std::shared_ptr<call_timers>& timers() const noexcept { return timers_; }
  /// Returns what was last passed to `interrupt` or `leave_for_pause`, and clears it.
  [[nodiscard]] std::optional<interruption> take_interruption();
  /// The time of the last heartbeat, log message or progress report.
  [[nodiscard]] std::chrono::steady_clock::time_point last_sign() const noexcept {
    return steady::time_point{steady::duration{last_sign_.load(std::memory_order_relaxed)}};
  }

  /// Detaches the observer. Waits for a running call of the observer.
  void close();

 private:
  using steady = std::chrono::steady_clock;

  const call_facts facts_;
  std::mutex mutex_;  ///< guards the members below and serializes the calls of the observer
  const step_observer* observer_;  ///< null after `close`
  const observer_limits limits_;
  const std::stop_token stop_;
  const std::shared_ptr<call_timers> timers_;
  std::optional<steady::time_point> last_progress_;
  bool complete_reported_ = false;
  std::optional<interruption> interruption_;
  std::atomic<steady::rep> last_sign_{steady::time_point::min().time_since_epoch().count()};
};

}  // namespace pawl::functions
