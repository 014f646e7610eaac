#pragma once

#include <cstddef>
#include <functional>
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

  /// Records the outcomes of up to 1000 tasks and polls for the next ones, as `complete` and `poll`
  /// together, but in fewer steps: if a run's next task is one that is `wanted`, the worker gets it
  /// in the same transition.
  ///
  /// The outcomes are independent and are recorded at once. The call returns when all of them are
  /// durable or refused, and a task was leased or `wanted.wait` is over; if an outcome was refused,
  /// it does not wait for tasks. If the poll is refused, nothing is recorded, and all outcomes have
  /// its error. After an outcome that was not answered, the call can be repeated: an outcome that
  /// was recorded before is then refused with "lease_lost", and tasks that were leased for a lost
  /// answer return to their queue when their leases expire.
  [[nodiscard]] completed_and_polled complete_and_poll(std::vector<finished_task> finished,
                                                       task_poll wanted) const;
  /// Calls `ended(i, outcome)` once for each task when its outcome is durable or refused, without
  /// waiting for the others, possibly on several threads at the same time; after all of them
  /// `done`. `withdrawn`: as `poll_async`; outcomes are recorded all the same.
  void complete_and_poll_async(std::vector<finished_task> finished, task_poll wanted,
                               std::function<void(std::size_t, result<void>)> ended,
                               callback<std::vector<worker_task>> done,
                               std::stop_token withdrawn = {}) const;

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
