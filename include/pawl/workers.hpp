#pragma once

#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include <pawl/callback.hpp>
#include <pawl/detail/scope_ref.hpp>
#include <pawl/result.hpp>
#include <pawl/worker.hpp>

namespace pawl {

/// The task queues of one scope, for workers that run steps outside the engine's process;
/// `scope::workers` returns it. See <pawl/worker.hpp> for how leases work. A handle: cheap to copy,
/// safe for concurrent use, and valid after the engine has stopped (every call then fails with
/// `unavailable`).
class scope_workers {
 public:
  explicit scope_workers(detail::scope_ref at) : at_(std::move(at)) {}

  /// Leases up to `wanted.max` tasks to a worker. If none is queued, waits for the first one for
  /// `wanted.wait` and then returns none. Errors: `invalid_argument`, `overloaded`.
  result<std::vector<worker_task>> poll(task_poll wanted) const;
  /// A stop request of `withdrawn` ends the poll: it gets no task after that. A task that was
  /// leased at the same time is still delivered; release it.
  void poll_async(task_poll wanted, callback<std::vector<worker_task>> done,
                  std::stop_token withdrawn = {}) const;

  /// Records the outcome of a task. Returns after it is durable. Errors: `conflict` of the type
  /// "lease_lost" if the worker no longer holds the lease (nothing was recorded);
  /// `invalid_argument`.
  result<void> complete(const task_lease& task, task_outcome outcome) const;
  void complete_async(const task_lease& task, task_outcome outcome, callback<void> done) const;

  /// Returns a task that was not started to its queue; another worker can lease it at once.
  /// Errors: as `complete`.
  result<void> release(const task_lease& task) const;
  void release_async(const task_lease& task, callback<void> done) const;

  /// Extends the lease of a task. `progress` (0 to 1) and `log` are sent to the watchers of the
  /// run. Returns the new lease time and whether the task is to be stopped. Errors: as `complete`.
  result<task_heartbeat> heartbeat(const task_lease& task, std::optional<double> progress = {},
                                   std::vector<task_log_line> log = {}) const;
  void heartbeat_async(const task_lease& task, std::optional<double> progress,
                       std::vector<task_log_line> log, callback<task_heartbeat> done) const;

  /// Returns the workers seen in the last minutes and the state of each task queue.
  [[nodiscard]] result<worker_overview> list() const;
  void list_async(callback<worker_overview> done) const;

 private:
  detail::scope_ref at_;
};

}  // namespace pawl
