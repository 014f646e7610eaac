#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pawl/function.hpp>
#include <pawl/ids.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>
#include <pawl/step_data.hpp>
#include <pawl/time.hpp>

/// Steps that run outside the engine's process. A call becomes a task in a queue if its task node
/// names a `queue`, or if the process lacks the function and `worker.default_queue` is set. A
/// worker polls for tasks and receives each with a lease. Heartbeats extend the lease; when it
/// expires, the task goes to another worker and the outcome of the first one is refused. A task
/// therefore runs at least once.
namespace pawl {

/// A request for tasks.
struct task_poll {
  std::string worker;                  ///< name in listings and histories; as `check_name`
  std::string queue = "default";       ///< as `check_name`
  std::vector<std::string> functions;  ///< code_refs the worker has; 1 to 1000
  std::size_t max = 1;                 ///< maximum number of tasks, 1 to 100
  std::chrono::milliseconds wait{0};   ///< maximum wait for the first task; at most 60 s
  /// Duration of a lease without a heartbeat, 1 s to 1 h. A shorter `heartbeat_timeout` of the node
  /// takes precedence.
  std::chrono::milliseconds lease_time{30'000};
};

/// Identifies a task and the right to complete it.
struct task_lease {
  std::string task;   ///< "RUN~TOKEN.VISIT.ATTEMPT"
  std::string lease;  ///< from the poll's answer

  friend bool operator==(const task_lease&, const task_lease&) = default;
};

/// A call of a step function, for a worker.
struct worker_task {
  task_lease id;
  run_id run;
  flow_version_id flow;
  std::string node;
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  std::string code_ref;
  json args;        ///< an object
  step_data state;  ///< the run's data as the step's branch sees it
  std::string idempotency_key;
  std::optional<json> answer;  ///< answer to the question of the previous call of this visit
  std::chrono::milliseconds lease_time{0};  ///< duration of the lease
  std::optional<time_point> timeout_at;     ///< deadline of the call, regardless of heartbeats
  trace_context trace;                      ///< as `step_context::traceparent`
};

/// The outcome of a worker's call.
struct task_outcome {
  result<json> value = json{};                   ///< as a step function returns
  std::optional<interruption> interrupted = {};  ///< it asks a question; `value` is ignored
  bool retryable = true;                         ///< false: no retry policy retries this failure
};

/// A task that a worker has ended, and how.
struct finished_task {
  task_lease id;
  task_outcome outcome;
};

/// What `scope_workers::complete_and_poll` returns.
struct completed_and_polled {
  std::vector<result<void>> outcomes;      ///< in the order of the tasks; as `complete`
  result<std::vector<worker_task>> tasks;  ///< as `poll`
};

/// What the engine asks of the worker that holds a task.
enum class task_wish : std::uint8_t {
  none,
  pause,   ///< the run pauses when this call has finished
  cancel,  ///< the outcome is no longer needed
};
[[nodiscard]] std::string_view to_string(task_wish wish) noexcept;

struct task_heartbeat {
  task_wish wish = task_wish::none;
  std::chrono::milliseconds lease_time{0};  ///< from now on
};

/// A log line of a worker.
struct task_log_line {
  log_level level = log_level::info;
  std::string message;
  /// How long ago it was written, by the worker's clock. At most a day counts.
  std::chrono::milliseconds age{0};
  std::string about = {};  ///< what the line names in place of the task's node; "": nothing
  json context = nullptr;  ///< further values, an object; or null
};

struct worker_info {
  std::string name;
  std::string queue;
  std::vector<std::string> functions;
  std::size_t leases = 0;
  time_point last_seen{};
};

/// The tasks of one function in one queue.
struct task_queue_info {
  std::string queue;
  std::string code_ref;
  std::uint64_t queued = 0;
  std::size_t leased = 0;
  std::optional<time_point> oldest_at = {};  ///< when the oldest queued task was queued
};

/// The workers and task queues of a scope.
struct worker_overview {
  std::vector<worker_info> workers;     ///< seen in the last minutes, ordered by name
  std::vector<task_queue_info> queues;  ///< ordered by queue and function
};

}  // namespace pawl
