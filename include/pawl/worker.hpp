#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <pawl/function.hpp>
#include <pawl/ids.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>
#include <pawl/time.hpp>

/// Steps that are done outside of the engine's process. A task node with a `queue`, and one whose
/// function this process does not have where `worker.default_queue` is set, makes a task of each of
/// its calls. A worker polls for tasks and gets each with a lease. While it is heard of (by
/// `heartbeat_task`) the lease goes on; when it runs out, the task is given to another worker, and
/// the first one's outcome is refused.
namespace pawl {

/// What a worker asks for.
struct task_poll {
  std::string worker;                  ///< names it in listings and histories; as `check_name`
  std::string queue = "default";       ///< as `check_name`
  std::vector<std::string> functions;  ///< code_refs that it can do; 1 to 1000
  std::size_t max = 1;                 ///< tasks at once, 1 to 100
  std::chrono::milliseconds wait{0};   ///< how long to wait for the first; at most 60 s
  /// How long a task is the worker's own without a heartbeat; 1 s to 1 h. A node's
  /// `heartbeat_timeout` makes it shorter.
  std::chrono::milliseconds lease_time{30'000};
};

/// Names a task and the right to answer it.
struct task_lease {
  std::string task;   ///< "RUN~TOKEN.VISIT.ATTEMPT"
  std::string lease;  ///< from the answer of a poll

  friend bool operator==(const task_lease&, const task_lease&) = default;
};

/// A call of a step's function, for a worker.
struct worker_task {
  task_lease id;
  run_id run;
  flow_version_id flow;
  std::string node;
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  std::string code_ref;
  json args;                          ///< an object
  std::shared_ptr<const json> state;  ///< the run's data as the step sees it
  std::string idempotency_key;
  std::optional<json> answer;  ///< to the question that an earlier call of this visit asked
  std::chrono::milliseconds lease_time{0};  ///< as it was given
  std::optional<time_point> timeout_at;     ///< when the call is given up, whatever is heard
  trace_context trace;                      ///< as `step_context::traceparent`
};

/// How a worker's call ended.
struct task_outcome {
  result<json> value = json{};                   ///< as a step function's
  std::optional<interruption> interrupted = {};  ///< it asks something: `value` is not looked at
  bool retryable = true;  ///< false: no retry policy is to try this failure again
};

/// What a worker is to do with a task that it has.
enum class task_wish : std::uint8_t {
  none,
  pause,   ///< the run is paused when this call has ended
  cancel,  ///< nobody needs the outcome any more
};
[[nodiscard]] std::string_view to_string(task_wish wish) noexcept;

struct task_heartbeat {
  task_wish wish = task_wish::none;
  std::chrono::milliseconds lease_time{0};  ///< from now on
};

/// A line of a worker's log.
struct task_log_line {
  log_level level = log_level::info;
  std::string message;
};

struct worker_info {
  std::string name;
  std::string queue;
  std::vector<std::string> functions;
  std::size_t leases = 0;
  time_point last_seen{};
};

/// Tasks of one function in one queue.
struct task_queue_info {
  std::string queue;
  std::string code_ref;
  std::uint64_t queued = 0;
  std::size_t leased = 0;
  std::optional<time_point> oldest_at = {};  ///< since when the oldest queued one waits
};

/// Who works for a scope, and what there is to do.
struct worker_overview {
  std::vector<worker_info> workers;     ///< that were heard of in the last minutes, by name
  std::vector<task_queue_info> queues;  ///< by queue and function
};

}  // namespace pawl
