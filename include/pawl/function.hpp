#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include <pawl/ids.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>
#include <pawl/step_data.hpp>
#include <pawl/trace_context.hpp>

namespace pawl {

enum class log_level : std::uint8_t { debug, info, warning, error };

/// "debug", "info", "warning" or "error".
[[nodiscard]] std::string_view to_string(log_level level) noexcept;

/// A question that a step function asks: see `step_context::interrupt`.
struct interruption {
  json value;
  json update = json::object();
  /// It asks nothing: the function has left because a pause of the run was requested, and `value`
  /// says where. It is called again, from its beginning, when the run is resumed; soon, if it goes
  /// on already.
  bool for_pause = false;

  friend bool operator==(const interruption&, const interruption&) = default;
};

/// One call of a step function: what the function can ask about it and do during it. Valid until
/// the function returns; safe for concurrent use until then.
class step_context {
 public:
  virtual ~step_context() = default;

  [[nodiscard]] virtual const run_key& run() const noexcept = 0;
  [[nodiscard]] virtual std::string_view node() const noexcept = 0;
  /// Number of the visit of this node in this run, from 1.
  [[nodiscard]] virtual std::uint32_t visit() const noexcept = 0;
  /// Number of the attempt within the visit, from 1.
  [[nodiscard]] virtual std::uint32_t attempt() const noexcept = 0;
  /// The idempotency key: the same for every call of this visit, also after a crash. Pass it to the
  /// systems that you call, so that they act once: a function can run again after a crash.
  [[nodiscard]] virtual const std::string& idempotency_key() const noexcept = 0;
  /// The `traceparent` (W3C Trace Context) to pass to the systems that you call. It belongs to the
  /// trace of the start, or to a new one. The same for every repetition of this attempt.
  [[nodiscard]] virtual std::string traceparent() const = 0;
  /// The node's `args`, overridden by the values that `with` computes. Always an object.
  [[nodiscard]] virtual const json& args() const noexcept = 0;

  /// Stop is requested when the run is cancelled, the step times out or the engine stops. A long
  /// function should check it; its result after a cancel or timeout is not recorded.
  [[nodiscard]] virtual std::stop_token stop_token() const noexcept = 0;
  [[nodiscard]] bool stop_requested() const noexcept { return stop_token().stop_requested(); }
  /// Sleeps until the duration has passed or a stop is requested. Returns true if it has passed.
  [[nodiscard]] virtual bool sleep_for(std::chrono::milliseconds duration) = 0;

  /// Whether a pause of the run was requested that has not taken effect: it does when the running
  /// functions have ended. A long function may leave for it with `leave_for_pause`, or go on. False
  /// again if the run was resumed before. Always false in functions that run inline.
  [[nodiscard]] virtual bool pause_requested() const noexcept = 0;
  /// Ends this call because a pause was requested: `return step.leave_for_pause("at page 3",
  /// {{"page", 3}});`. `update` is merged into the run's data as a result is; `where` is only
  /// shown. After one resume the function is called again, from its beginning; such calls do not
  /// count for the retry policy. If no pause is requested any more, it is called again soon; a
  /// function that then leaves again fails its step.
  [[nodiscard]] virtual error leave_for_pause(json where = nullptr,
                                              json update = json::object()) = 0;

  /// Reports that the function is alive. A call that is silent for the node's `heartbeat_timeout`
  /// times out; `log` and `progress` count as heartbeats.
  virtual void heartbeat() = 0;

  /// Asks a question (human task, approval) and ends this call: `return step.interrupt(question);`.
  /// `update` is merged into the run's data as a result is. The run pauses when nothing else in it
  /// can continue. When it is resumed, the function is called again with the answer as
  /// `resume_value`.
  [[nodiscard]] virtual error interrupt(json value = nullptr, json update = json::object()) = 0;
  /// The answer to the question of the previous call of this visit; null if it asked none.
  [[nodiscard]] virtual const json* resume_value() const noexcept = 0;

  /// Writes a line to the run's log; watchers receive it while the step runs.
  virtual void log(log_level level, std::string_view message) = 0;
  /// Reports progress, 0 to 1. Watchers receive it; it is not stored.
  virtual void progress(double fraction) = 0;
};

/// A step function in its general form. A callable that takes the data as `const json&` is one,
/// too, but has the data of a branch made into one object for each call. A returned object replaces
/// the top-level keys that it has; any other value is stored under the key `result`.
using step_function = std::function<result<json>(const step_data& state, step_context& step)>;

struct function_options {
  /// Run on a scheduler thread instead of the executor. Only for functions that do not block and
  /// take a few microseconds at most; timeouts do not apply.
  bool run_inline = false;
  /// The function has no effect besides its result, so that it may be called again. Its step is not
  /// committed on its own: it joins the transition that leads to it, so that a sequence of such
  /// steps costs one commit. A transition in which such calls have taken 1 ms or have returned
  /// 256 KiB is committed before the next of them. Implies `run_inline`.
  bool pure = false;
  /// Maximum number of concurrent calls in the engine. 0: the number of executor threads.
  std::uint32_t max_concurrency = 0;
  /// One sentence for listings: what the function does.
  std::string description = {};
  /// Replace an existing function of this name. Running calls finish in the old one.
  bool replace = false;
};

/// A registered function in a listing.
struct function_info {
  std::string code_ref;
  function_options options;
  bool built_in = false;  ///< part of Pawl; the same in every scope
};

}  // namespace pawl
