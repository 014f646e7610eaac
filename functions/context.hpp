#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <pawl/function.hpp>

namespace pawl::functions {

/// What happens during a call that its watchers want to know. Called from the threads that the
/// function uses, one call at a time; must not block and must not throw.
struct step_observer {
  std::function<void(log_level level, std::string_view message)> on_log = {};
  std::function<void(double fraction)> on_progress = {};
};

/// What watchers are spared.
struct observer_limits {
  /// A longer log message is cut between two characters and marked with "…".
  std::size_t max_log_bytes = 16 * 1024;
  /// Progress is told at most so often; a function's first report and its first 1.0 always are.
  std::chrono::milliseconds progress_interval{50};
};

/// What a step function is told about its call. The call's owner keeps all of it alive and
/// unchanged until the function has returned.
struct call_facts {
  const run_key& run;
  std::string_view node;
  std::uint32_t visit;
  std::uint32_t attempt;
  const std::string& idempotency_key;
  const json& args;
  const json* resume_value = nullptr;  ///< the answer to what an earlier call of the visit asked
  trace_context trace = {};
};

/// The step context of one call.
///
/// Safe for concurrent use. After `close` has returned the observer is not called any more, though
/// the function may still run: whoever gives a call up closes its context first.
class call_context final : public step_context {
 public:
  /// `observer` must live until `close` or the end of the context. A default `stop` token is one
  /// that never stops.
  call_context(const call_facts& facts, const step_observer& observer,
               const observer_limits& limits, std::stop_token stop)
      : facts_(facts), observer_(&observer), limits_(limits), stop_(std::move(stop)) {}

  const run_key& run() const noexcept override { return facts_.run; }
  std::string_view node() const noexcept override { return facts_.node; }
  std::uint32_t visit() const noexcept override { return facts_.visit; }
  std::uint32_t attempt() const noexcept override { return facts_.attempt; }
  const std::string& idempotency_key() const noexcept override { return facts_.idempotency_key; }
  std::string traceparent() const override { return to_traceparent(facts_.trace); }
  const json& args() const noexcept override { return facts_.args; }
  std::stop_token stop_token() const noexcept override { return stop_; }
  bool sleep_for(std::chrono::milliseconds duration) override;
  void heartbeat() override;
  error interrupt(json value, json update) override;
  const json* resume_value() const noexcept override { return facts_.resume_value; }
  void log(log_level level, std::string_view message) override;
  void progress(double fraction) override;

  /// What `interrupt` was given last, once.
  [[nodiscard]] std::optional<interruption> take_interruption();
  /// When the function last said something. Safe at any time.
  [[nodiscard]] std::chrono::steady_clock::time_point last_sign() const noexcept {
    return steady::time_point{steady::duration{last_sign_.load(std::memory_order_relaxed)}};
  }

  /// Cuts the observer off. Waits for an observer's call that is under way.
  void close();

 private:
  using steady = std::chrono::steady_clock;

  const call_facts facts_;
  std::mutex mutex_;               ///< guards what follows and serializes the observer's calls
  const step_observer* observer_;  ///< null when closed
  const observer_limits limits_;
  const std::stop_token stop_;
  std::optional<steady::time_point> last_progress_;
  bool complete_told_ = false;
  std::optional<interruption> interruption_;
  std::atomic<steady::rep> last_sign_{steady::time_point::min().time_since_epoch().count()};
};

}  // namespace pawl::functions
