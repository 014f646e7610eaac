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
#include <pawl/trace_context.hpp>

namespace pawl {

enum class log_level : std::uint8_t { debug, info, warning, error };

/// "debug", "info", "warning" or "error".
[[nodiscard]] std::string_view to_string(log_level level) noexcept;

/// What a step function says when it needs somebody's answer: see `step_context::interrupt`.
struct interruption {
  json value;
  json update = json::object();

  friend bool operator==(const interruption&, const interruption&) = default;
};

/// What a step function knows about its call and can do during it. Valid until the function
/// returns; safe to use from several threads until then.
class step_context {
 public:
  virtual ~step_context() = default;

  [[nodiscard]] virtual const run_key& run() const noexcept = 0;
  [[nodiscard]] virtual std::string_view node() const noexcept = 0;
  /// How often this run has come to this node, from 1.
  [[nodiscard]] virtual std::uint32_t visit() const noexcept = 0;
  /// Which attempt of this visit it is, from 1.
  [[nodiscard]] virtual std::uint32_t attempt() const noexcept = 0;
  /// The same text for every call of this visit, whatever was killed in between. Hand it to the
  /// systems that you call, so that they act once: a function may run again after a crash.
  [[nodiscard]] virtual const std::string& idempotency_key() const noexcept = 0;
  /// The `traceparent` of W3C Trace Context for the systems that you call: of the trace that the
  /// run was started in, or of one of its own. The same for each repeat of this attempt.
  [[nodiscard]] virtual std::string traceparent() const = 0;
  /// The node's `args`, with what `with` computed on top. Always an object.
  [[nodiscard]] virtual const json& args() const noexcept = 0;

  /// Becomes stopped when the run is cancelled, the step times out or the engine stops. A function
  /// that works for long looks at it; what it returns after a cancel or time-out is not recorded.
  [[nodiscard]] virtual std::stop_token stop_token() const noexcept = 0;
  [[nodiscard]] bool stop_requested() const noexcept { return stop_token().stop_requested(); }
  /// Sleeps, but not past a stop request. True if the whole time went by.
  [[nodiscard]] virtual bool sleep_for(std::chrono::milliseconds duration) = 0;

  /// Says that the function is alive. A node's `heartbeat_timeout` gives up a call that has been
  /// silent for so long; `log` and `progress` count as well.
  virtual void heartbeat() = 0;

  /// Asks somebody outside and ends this call: `return step.interrupt(question);`. `update` is put
  /// into the run's data as a result would be. The run is paused when nothing else can move in it;
  /// when it is resumed, the function is called again, with the answer as `resume_value`.
  [[nodiscard]] virtual error interrupt(json value = nullptr, json update = json::object()) = 0;
  /// The answer to what the last call of this visit asked; null pointer if none asked.
  [[nodiscard]] virtual const json* resume_value() const noexcept = 0;

  /// A line in the run's log, streamed to its watchers while the step runs.
  virtual void log(log_level level, std::string_view message) = 0;
  /// How far the step is, 0 to 1. Shown to watchers, not stored.
  virtual void progress(double fraction) = 0;
};

/// Every step function in its general form. `state` is the run's data (for a step on a branch: as
/// that branch sees it), always an object, and does not change during the call. An object that is
/// returned replaces the top-level keys it names, anything else goes under the key `result`.
using step_function = std::function<result<json>(const json& state, step_context& step)>;

struct function_options {
  /// Runs on a scheduler thread between two checkpoints instead of on the executor. For functions
  /// that neither block nor take longer than some microseconds; time-outs do not apply to it.
  bool run_inline = false;
  /// At most so many calls at once in the whole engine. 0: as many as the executor has threads.
  std::uint32_t max_concurrency = 0;
  /// What the function does, in a sentence, for listings.
  std::string description = {};
  /// Takes the place of a function that has the name already. Calls under way end in the old one.
  bool replace = false;
};

/// What a listing shows of a registered function.
struct function_info {
  std::string code_ref;
  function_options options;
  bool built_in = false;  ///< comes with Pawl and is the same in every scope
};

}  // namespace pawl
