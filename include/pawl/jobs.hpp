#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <utility>

#include <pawl/callback.hpp>
#include <pawl/detail/scope_ref.hpp>
#include <pawl/job.hpp>
#include <pawl/result.hpp>
#include <pawl/subscription.hpp>

namespace pawl {

/// Bulk operations: commands to all runs of a scope that fit a filter; `scope::jobs` returns it. A
/// handle as `scope_runs`.
///
/// A job first selects its runs, as one view of the store has them, then sends its command to each
/// in turn, oldest first. It is durable: if the process dies, it goes on when the engine is opened
/// again, and no run gets the command twice. (Runs are selected anew if the process dies before the
/// last one is selected.) A run that no longer fits the filter when its turn comes is left as it
/// is.
///
/// Starts, aborts and removals return after they are durable. Besides the errors named at each
/// call, they fail with `overloaded` and `unavailable` as those of `scope_runs`.
class scope_jobs {
 public:
  explicit scope_jobs(detail::scope_ref at) : at_(std::move(at)) {}

  /// Starts a job. Errors: `invalid_argument` (the request; a mistake in the filter is named with
  /// its position); `already_exists` (the id was used for another request); `conflict` (a job with
  /// this id is being deleted); `limit_exceeded` (the payload); `overloaded` (16 jobs of the scope
  /// have not ended).
  result<job_started> start(job_request what, job_options options = {}) const;
  void start_async(job_request what, job_options options, callback<job_started> done) const;

  /// Returns a job at its last durable step. Errors: `not_found`.
  [[nodiscard]] result<job_view> get(const job_id& id) const;
  void get_async(const job_id& id, callback<job_view> done, std::stop_token withdrawn = {}) const;

  /// Returns a page of jobs, newest first. Errors: `invalid_argument` (cursor, limit).
  [[nodiscard]] result<job_page> list(const job_list_options& options = {}) const;
  void list_async(const job_list_options& options, callback<job_page> done,
                  std::stop_token withdrawn = {}) const;

  /// Returns a page of the runs of a job and what became of each. Errors: `not_found`;
  /// `invalid_argument` (limit).
  [[nodiscard]] result<job_results> results(const job_id& id,
                                            const job_results_options& options = {}) const;
  void results_async(const job_id& id, const job_results_options& options,
                     callback<job_results> done, std::stop_token withdrawn = {}) const;

  /// Waits until a job has ended and returns it. `withdrawn`: ends the wait when stop is requested.
  /// Errors: `not_found`; `timed_out` and `cancelled` (withdrawn): the job continues; `overloaded`
  /// (`engine.max_waits`).
  result<job_view> wait(const job_id& id, std::chrono::milliseconds timeout,
                        std::stop_token withdrawn = {}) const;
  void wait_async(const job_id& id, std::chrono::milliseconds timeout, callback<job_view> done,
                  std::stop_token withdrawn = {}) const;

  /// Stops a job after the commands that are under way, at most 16; returns it when it has ended.
  /// The runs that had their turn stay as they are. Errors: `not_found`; `illegal_transition` (the
  /// job has ended).
  result<job_view> abort(const job_id& id) const;
  void abort_async(const job_id& id, callback<job_view> done) const;

  /// Deletes a job that has ended, with its results. Errors: `not_found`; `illegal_transition` (the
  /// job has not ended; abort it first).
  result<void> remove(const job_id& id) const;
  void remove_async(const job_id& id, callback<void> done) const;

  /// Subscribes to what becomes of the jobs of the scope: an event "job_progress" after each
  /// durable step, at the end, and when a job is deleted. Its `detail` has `job`, `state`, and the
  /// counts `matched`, `done`, `refused` and `failed`; its run id names no run. `capacity`: as in
  /// `scope_events::watch`.
  [[nodiscard]] std::shared_ptr<subscription> watch(std::size_t capacity = 1'000) const;

 private:
  detail::scope_ref at_;
};

}  // namespace pawl
