#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/callback.hpp>
#include <pawl/cleanup.hpp>
#include <pawl/detail/scope_ref.hpp>
#include <pawl/ids.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>
#include <pawl/run.hpp>
#include <pawl/run_options.hpp>

namespace pawl {

struct history_options;  // <pawl/run_history.hpp>, as the following
struct step_options;
struct step_page;
struct run_explanation;  // <pawl/explanation.hpp>
struct past_state;       // <pawl/run_states.hpp>, as the following
struct state_diff;
struct fork_options;

/// The runs of one scope: starts, commands and queries; `scope::runs` returns it. A handle: cheap
/// to copy, safe for concurrent use, and valid after the engine has stopped (every call then fails
/// with `unavailable`).
///
/// `withdrawn`, of queries: once it is requested, a query that still waits for its turn is answered
/// with `cancelled`.
///
/// Starts and commands return after they are durable, as `storage.durability` defines it. Besides
/// the errors named at each call, they fail with `overloaded` if the engine is full (nothing was
/// changed) and with `unavailable` if the engine is not open, is stopping, or its store has failed.
class scope_runs {
 public:
  explicit scope_runs(detail::scope_ref at) : at_(std::move(at)) {}

  /// Starts a run of a flow. `input` is an object: the initial data of the run. A second start with
  /// the same id or key, flow and input returns the existing run. Errors: `not_found` (no such flow
  /// or version, or none published), `already_exists` (the id or key was used for another flow,
  /// version, input or metadata), `invalid_argument`, `limit_exceeded`.
  result<run_started> start(std::string_view flow, const json& input = json::object(),
                            start_options options = {}) const;
  void start_async(std::string_view flow, const json& input, start_options options,
                   callback<run_started> done) const;

  /// Waits until a run has finished and returns its final state. `withdrawn`: ends the wait when
  /// stop is requested; no later than the answer, which also releases what the wait has taken.
  /// Errors: `not_found`; `timed_out` and `cancelled` (withdrawn): the run continues; `overloaded`
  /// (`engine.max_waits`).
  result<run_view> wait(const run_id& id, std::chrono::milliseconds timeout,
                        std::stop_token withdrawn = {}) const;
  void wait_async(const run_id& id, std::chrono::milliseconds timeout, callback<run_view> done,
                  std::stop_token withdrawn = {}) const;

  /// Calls `start`, then `wait`. Errors: of both.
  result<run_view> start_and_wait(std::string_view flow, const json& input,
                                  std::chrono::milliseconds timeout, start_options options = {},
                                  std::stop_token withdrawn = {}) const;
  void start_and_wait_async(std::string_view flow, const json& input,
                            std::chrono::milliseconds timeout, start_options options,
                            callback<run_view> done, std::stop_token withdrawn = {}) const;

  /// Returns a run at its last durable checkpoint. Errors: `not_found`.
  [[nodiscard]] result<run_view> get(const run_id& id) const;
  void get_async(const run_id& id, callback<run_view> done, std::stop_token withdrawn = {}) const;

  /// Returns a page of runs, newest first unless the filter has another order. Errors:
  /// `invalid_argument` (filter, cursor, limit, order; too many runs to be sorted).
  [[nodiscard]] result<run_page> list(const run_filter& filter = {}) const;
  void list_async(const run_filter& filter, callback<run_page> done,
                  std::stop_token withdrawn = {}) const;

  /// Returns the number of runs that a filter selects; ignores its cursor, limit and order. Reads
  /// counters if the filter has only a status, else at most 100,000 entries of indexes. Errors:
  /// `invalid_argument` (filter).
  [[nodiscard]] result<run_total> count(const run_filter& filter) const;
  void count_async(const run_filter& filter, callback<run_total> done,
                   std::stop_token withdrawn = {}) const;

  /// Returns the number of runs with each status. Reads counters: the cost does not depend on the
  /// number of runs.
  [[nodiscard]] result<std::vector<run_count>> counts() const;
  void counts_async(callback<std::vector<run_count>> done, std::stop_token withdrawn = {}) const;

  /// Returns the events of at most `limit` checkpoints of a run, from checkpoint `first` on; the
  /// first checkpoint is 1. Errors: `not_found`.
  [[nodiscard]] result<std::vector<history_event>> history(const run_id& id,
                                                           std::uint64_t first = 1,
                                                           std::size_t limit = 1000) const;
  void history_async(const run_id& id, std::uint64_t first, std::size_t limit,
                     callback<std::vector<history_event>> done,
                     std::stop_token withdrawn = {}) const;

  /// As `history`, and returns where the next page begins. A page also ends when it reaches some
  /// megabytes.
  [[nodiscard]] result<pawl::history_page> history_page(const run_id& id, std::uint64_t first = 1,
                                                        std::size_t limit = 1000) const;
  void history_page_async(const run_id& id, std::uint64_t first, std::size_t limit,
                          callback<pawl::history_page> done, std::stop_token withdrawn = {}) const;

  /// As above, from either end, of some kinds or one node, with inputs and outputs. A page ends
  /// after some megabytes or 20,000 checkpoints, even if it has none that fits. Errors:
  /// `invalid_argument` (limit, kind, node), `not_found`.
  [[nodiscard]] result<pawl::history_page> history_page(const run_id& id,
                                                        const history_options& options) const;
  void history_page_async(const run_id& id, const history_options& options,
                          callback<pawl::history_page> done, std::stop_token withdrawn = {}) const;

  /// Returns a page of the steps of a run: one for each attempt. Reads the checkpoints from the
  /// start of its first step to the end of its last one. Errors: `invalid_argument` (limit, node),
  /// `not_found`.
  [[nodiscard]] result<step_page> steps(const run_id& id, const step_options& options) const;
  void steps_async(const run_id& id, const step_options& options, callback<step_page> done,
                   std::stop_token withdrawn = {}) const;

  /// Explains why a run does not move: what it waits for, since when, until when, and who can move
  /// it; likewise for the subflows that it waits for. Errors: `not_found`.
  [[nodiscard]] result<run_explanation> explain(const run_id& id) const;
  void explain_async(const run_id& id, callback<run_explanation> done,
                     std::stop_token withdrawn = {}) const;

  /// Returns the state that a run had at a checkpoint, from 1. Reads all checkpoints before it.
  /// Errors: `not_found` (the run; a checkpoint that it has not reached, or whose history was
  /// deleted).
  [[nodiscard]] result<past_state> state_at(const run_id& id, std::uint64_t checkpoint) const;
  void state_at_async(const run_id& id, std::uint64_t checkpoint, callback<past_state> done,
                      std::stop_token withdrawn = {}) const;

  /// Compares the states of a run at two checkpoints. Errors: as `state_at`.
  [[nodiscard]] result<state_diff> diff(const run_id& id, std::uint64_t from,
                                        std::uint64_t to) const;
  void diff_async(const run_id& id, std::uint64_t from, std::uint64_t to, callback<state_diff> done,
                  std::stop_token withdrawn = {}) const;

  /// Starts a new run from the state that a run had at a checkpoint. Steps that were under way then
  /// are started again. The new run does not compensate what the old one has done. Its metadata
  /// name the old run and the checkpoint (`forked_from`); the old run is not changed. Errors: those
  /// of `state_at` and `start`; `illegal_transition` if the run cannot be forked there.
  result<run_started> fork(const run_id& id, fork_options options) const;
  void fork_async(const run_id& id, fork_options options, callback<run_started> done) const;

  /// Cancels an unfinished run. Running functions are asked to stop; their results are not
  /// recorded. Errors: `not_found`, `illegal_transition`, `conflict`.
  result<run_changed> cancel(const run_id& id, command_options options = {}) const;
  void cancel_async(const run_id& id, command_options options, callback<run_changed> done) const;

  /// Ends an unfinished run at once: it is cancelled, its steps are not compensated, and neither
  /// are those of its subflows. Errors: as `cancel`.
  result<run_changed> terminate(const run_id& id, command_options options = {}) const;
  void terminate_async(const run_id& id, command_options options, callback<run_changed> done) const;

  /// Skips the compensation of `node`, which the run is at, so that the earlier steps are
  /// compensated. Errors: as `cancel`; `invalid_argument` if the run is at the compensation of
  /// another node.
  result<run_changed> skip(const run_id& id, std::string node, command_options options = {}) const;
  void skip_async(const run_id& id, std::string node, command_options options,
                  callback<run_changed> done) const;

  /// Pauses a run. Running functions finish first and their results are recorded
  /// (`run_changed::pausing`); no new node starts. Errors: as `cancel`.
  result<run_changed> pause(const run_id& id, command_options options = {}) const;
  void pause_async(const run_id& id, command_options options, callback<run_changed> done) const;

  /// Resumes a run that is paused or pausing, or answers a question of a run. Errors: as `cancel`;
  /// `invalid_argument` (the update; no such question; an answer that does not match its schema);
  /// `limit_exceeded`.
  result<run_changed> resume(const run_id& id, resume_options options = {}) const;
  void resume_async(const run_id& id, resume_options options, callback<run_changed> done) const;

  /// Sets top-level keys of the data of a paused or failed run. Branches keep their own values of
  /// the keys they have written. Errors: as `resume`.
  result<run_changed> set_data(const run_id& id, json data, command_options options = {}) const;
  void set_data_async(const run_id& id, json data, command_options options,
                      callback<run_changed> done) const;

  /// Sends a signal to a run. A `signal` node that waits for this type receives it at once;
  /// otherwise it is stored until one does. Each signal is received once, the oldest first. Errors:
  /// `not_found`; `illegal_transition` (the run has finished); `invalid_argument` (a type that is
  /// not 1 to 128 bytes); `limit_exceeded` (the payload, or too many stored signals).
  result<run_changed> signal(const run_id& id, std::string type, json payload = nullptr,
                             signal_options options = {}) const;
  void signal_async(const run_id& id, std::string type, json payload, signal_options options,
                    callback<run_changed> done) const;

  /// Retries a failed run from its last checkpoint, beginning with the failed step. Errors: as
  /// `cancel`.
  result<run_changed> retry(const run_id& id, command_options options = {}) const;
  void retry_async(const run_id& id, command_options options, callback<run_changed> done) const;

  /// Starts a new run with the flow version and input of a finished run;
  /// `run_summary::restarted_from` names the old one. Errors: `not_found`; `illegal_transition` if
  /// the run has not finished; those of `start`.
  result<run_started> restart(const run_id& id, start_options options = {}) const;
  void restart_async(const run_id& id, start_options options, callback<run_started> done) const;

  /// Deletes an ended run, and the runs that it started as subflows, with all that is stored of
  /// them. The id can be used again. If the process dies meanwhile, the deletion is completed when
  /// the engine is opened. Errors: `not_found`; `illegal_transition`: it, or a subflow, has not
  /// ended, is quarantined, is marked to be kept, or its parent may still need it; `conflict`:
  /// other commands use the run, try again.
  result<run_removed> remove(const run_id& id) const;
  void remove_async(const run_id& id, callback<run_removed> done) const;

  /// Marks a run to be kept (legal hold): neither `remove` nor `clean_up` nor the retention
  /// settings delete it. `release` removes the mark. Both have no effect if it is so already.
  /// Errors: `not_found`; `conflict`: the run is being deleted.
  result<void> keep(const run_id& id) const;
  void keep_async(const run_id& id, callback<void> done) const;
  result<void> release(const run_id& id) const;
  void release_async(const run_id& id, callback<void> done) const;

  /// Deletes a page of runs that ended long enough ago, as `remove` does, oldest first. Leaves out
  /// runs that were started as subflows, because they go with their parents, and those that
  /// `remove` refuses. Errors: `invalid_argument` (cursor, limit; no age is given or set).
  result<cleanup_page> clean_up(cleanup_options options = {}) const;
  void clean_up_async(cleanup_options options, callback<cleanup_page> done) const;

  // Batches: each makes the asynchronous call for every item and returns, in the order given, when
  // all are durable. Items are independent: one that fails does not stop the others. Items beyond
  // `engine.max_commands_in_flight` or `engine.max_bytes_in_flight` fail with `overloaded`.
  std::vector<result<run_started>> start_many(std::vector<start_request> requests) const;
  std::vector<batch_item<run_changed>> signal_many(std::vector<signal_request> requests) const;
  std::vector<batch_item<run_changed>> pause_many(const std::vector<run_id>& ids,
                                                  const command_options& options = {}) const;
  std::vector<batch_item<run_changed>> resume_many(const std::vector<run_id>& ids,
                                                   const resume_options& options = {}) const;
  std::vector<batch_item<run_changed>> terminate_many(const std::vector<run_id>& ids,
                                                      const command_options& options = {}) const;
  std::vector<batch_item<run_changed>> cancel_many(const std::vector<run_id>& ids,
                                                   const command_options& options = {}) const;
  std::vector<batch_item<run_changed>> retry_many(const std::vector<run_id>& ids,
                                                  const command_options& options = {}) const;

 private:
  detail::scope_ref at_;
};

}  // namespace pawl
