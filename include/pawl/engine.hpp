#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <pawl/flow.hpp>
#include <pawl/functions.hpp>
#include <pawl/ids.hpp>
#include <pawl/json.hpp>
#include <pawl/metrics.hpp>
#include <pawl/result.hpp>
#include <pawl/run.hpp>
#include <pawl/settings.hpp>
#include <pawl/subscription.hpp>
#include <pawl/trace_context.hpp>
#include <pawl/worker.hpp>

namespace pawl {

class engine_core;

/// Where the answer of an asynchronous call goes. Called exactly once, on one of the engine's
/// threads: it must not block, and not throw.
template <class T>
using callback = std::function<void(result<T>)>;

struct start_options {
  /// The run's id. Starting the same flow with the same input under an id again finds the run that
  /// is there. None: a new id (a UUID of version 7).
  std::optional<run_id> id = {};
  /// Instead of an id: any text of 1 to 512 bytes that names this start, such as an order number.
  /// The id is derived from it.
  std::string key = {};
  /// None: the published version.
  std::optional<pawl::version> version = {};
  /// Kept beside the data; rules read it as `metadata`. An object.
  json metadata = json::object();
  /// The trace that the run's steps are to be a part of, as `parse_traceparent` reads it. Does not
  /// tell starts apart: one that finds its run leaves that in its own trace.
  std::optional<trace_context> trace = {};
};

struct run_started {
  run_id id;
  flow_version_id flow;
  run_status status = run_status::pending;
  bool created = true;  ///< false: the run had been started before
};

/// What a command did.
struct run_changed {
  run_summary run;
  run_status before = run_status::pending;
  /// After a pause: steps are under way, the run is still running and is paused when they return.
  bool pausing = false;
};

struct command_options {
  /// Compare-and-set: do it only if the run has this status now, else fail with `conflict`. Of
  /// several callers at once exactly one wins.
  std::optional<run_status> if_status = {};
  /// Noted in the run's history; UTF-8, at most 4,096 bytes.
  std::string reason = {};
  /// Compare-and-set as well: only if this is still the run's last checkpoint, else `conflict` with
  /// the type "checkpoint_moved".
  std::optional<std::uint64_t> if_checkpoint = {};
};

struct resume_options {
  std::optional<run_status> if_status = {};
  std::string reason = {};
  /// Top-level keys of the run's data with new values, set before it goes on. An object; empty for
  /// a run that is not paused yet.
  json update = json::object();
  /// Answers a question that the run asks (`run_view::waiting_on`): what an interrupted function
  /// gets as `resume_value`, or what goes into the data at a node of type `interrupt`. A run that
  /// asks one question and is resumed without an answer gets null.
  std::optional<json> answer = {};
  /// The id of that question; needed if the run asks several.
  std::string question = {};
  /// As in `command_options`.
  std::optional<std::uint64_t> if_checkpoint = {};
};

struct signal_options {
  /// Names this signal: sent again with the same id it changes nothing. At most 512 bytes.
  std::string id = {};
  std::optional<std::uint64_t> if_checkpoint = {};
};

/// What a batch call did to one run.
template <class T>
struct batch_item {
  run_id id;
  result<T> outcome;
};

struct signal_request {
  run_id id;
  std::string type;
  json payload = nullptr;
  signal_options options = {};
};

struct start_request {
  std::string flow;
  json input = json::object();
  start_options options = {};
};

struct run_filter {
  std::optional<run_status> status = {};
  std::size_t limit = 100;  ///< 1 to 1000
  std::string cursor = {};  ///< `run_page::next` of the page before
  std::optional<flow_name> flow = {};
};

/// A page of runs, newest first. Nothing lags: a run whose start was answered is in it. Where runs
/// are looked for by flow a page may have fewer than its limit, even none, and still be followed by
/// another.
struct run_page {
  std::vector<run_summary> runs;
  std::string next;  ///< cursor of the next page; empty on the last
};

struct flow_filter {
  std::size_t limit = 100;  ///< 1 to 1000
  std::string cursor = {};  ///< `flow_page::next` of the page before
};

/// A page of flows, by name.
struct flow_page {
  std::vector<flow_summary> flows;
  std::string next;  ///< cursor of the next page; empty on the last
};

/// A part of a run's history, oldest first. All events of a checkpoint are in one page.
struct history_page {
  std::vector<history_event> events;
  std::uint64_t next = 0;  ///< the checkpoint that the next page begins with; 0: this is the last
};

/// What an engine is doing now.
struct engine_load {
  std::uint64_t active_runs = 0;         ///< in memory
  std::uint64_t commands_in_flight = 0;  ///< taken and not answered, queries among them
  std::size_t queued_calls = 0;          ///< of functions, that wait for a thread
  std::size_t running_calls = 0;
  std::size_t stuck_calls = 0;  ///< given up, but their functions have not returned
};

struct run_count {
  run_status status;
  std::uint64_t count = 0;
};

/// What an engine keeps, of all scopes together.
struct engine_totals {
  std::vector<run_count> runs;     ///< each status
  std::uint64_t tasks_queued = 0;  ///< for workers
  std::uint64_t tasks_leased = 0;
};

/// All that can be done with the flows and runs of one scope (tenant) of an engine. What belongs to
/// another scope does not exist here. A handle: cheap to copy, safe for concurrent use. Outlives
/// its engine harmlessly: every call is then answered `unavailable`.
///
/// Commands are answered after they are durable (as `storage.durability` says). Besides the errors
/// named at each call, commands are answered `overloaded` when the engine is full (nothing was
/// changed) and `unavailable` when it is stopping or its store has failed. Each call that waits has
/// a twin that does not.
class scope {
 public:
  [[nodiscard]] const scope_name& name() const noexcept { return name_; }
  /// Another scope of the same engine. Errors: `invalid_argument` (the name).
  [[nodiscard]] result<scope> sibling(std::string_view name) const;
  [[nodiscard]] scope_functions functions() const;

  /// Checks and stores a flow definition. Errors: `invalid_flow` with all diagnostics;
  /// `already_exists` for a named version that has another definition; `limit_exceeded`.
  result<flow_stored> put_flow(const json& definition, put_flow_options options = {}) const;
  void put_flow_async(const json& definition, put_flow_options options,
                      callback<flow_stored> done) const;
  /// The same from text. Errors: also `invalid_argument` with line and column.
  result<flow_stored> put_flow_text(std::string_view text, put_flow_options options = {}) const;
  /// Makes a stored version the one that is started where none is named. Errors: `not_found`.
  result<void> publish_flow(const flow_version_id& id) const;
  void publish_flow_async(const flow_version_id& id, callback<void> done) const;
  /// Takes a flow out: it is not listed and not started any more. Its versions stay for the runs
  /// that had them, and their numbers are not used again. Errors: `not_found`; `conflict` while
  /// unfinished runs use it.
  result<void> delete_flow(const flow_name& name) const;
  void delete_flow_async(const flow_name& name, callback<void> done) const;
  /// Errors: `not_found`. Without a version: the published one.
  [[nodiscard]] result<flow_version> get_flow(const flow_name& name,
                                              std::optional<version> v = {}) const;
  void get_flow_async(const flow_name& name, std::optional<version> v,
                      callback<flow_version> done) const;
  /// All flows by name, and all versions of one, oldest first.
  [[nodiscard]] result<std::vector<flow_summary>> list_flows() const;
  [[nodiscard]] result<std::vector<flow_version>> flow_versions(const flow_name& name) const;
  void list_flows_async(callback<std::vector<flow_summary>> done) const;
  /// Flows by name, a page at a time. Errors: `invalid_argument` (cursor, limit).
  [[nodiscard]] result<flow_page> list_flows(const flow_filter& filter) const;
  void list_flows_async(const flow_filter& filter, callback<flow_page> done) const;
  void flow_versions_async(const flow_name& name, callback<std::vector<flow_version>> done) const;
  /// Every diagnostic of a definition under this engine's limits, warnings among them; nothing is
  /// stored.
  void validate_flow_async(json definition, callback<std::vector<diagnostic>> done) const;

  /// Starts a run and returns when its start is durable. `input`: an object, the run's first data.
  /// Errors: `not_found` (no such flow, none published), `already_exists` (the id or key was used
  /// for another flow or input), `invalid_argument`, `limit_exceeded`.
  result<run_started> start(std::string_view flow, const json& input = json::object(),
                            start_options options = {}) const;
  void start_async(std::string_view flow, const json& input, start_options options,
                   callback<run_started> done) const;
  /// Waits until a run is finished and gives it as it is then. Errors: `not_found`; `timed_out`,
  /// which does the run no harm.
  result<run_view> wait(const run_id& id, std::chrono::milliseconds timeout) const;
  void wait_async(const run_id& id, std::chrono::milliseconds timeout,
                  callback<run_view> done) const;
  /// `start` and `wait` in one.
  result<run_view> start_and_wait(std::string_view flow, const json& input,
                                  std::chrono::milliseconds timeout,
                                  start_options options = {}) const;

  /// Errors: `not_found`.
  [[nodiscard]] result<run_view> get(const run_id& id) const;
  void get_async(const run_id& id, callback<run_view> done) const;
  /// Errors: `invalid_argument` (cursor, limit).
  [[nodiscard]] result<run_page> list(const run_filter& filter = {}) const;
  void list_async(const run_filter& filter, callback<run_page> done) const;
  /// How many runs have each status now. From counters: costs the same however many there are.
  [[nodiscard]] result<std::vector<run_count>> counts() const;
  void counts_async(callback<std::vector<run_count>> done) const;
  /// What happened, from checkpoint `first` (from 1) on, at most `limit` checkpoints.
  [[nodiscard]] result<std::vector<history_event>> history(const run_id& id,
                                                           std::uint64_t first = 1,
                                                           std::size_t limit = 1000) const;
  void history_async(const run_id& id, std::uint64_t first, std::size_t limit,
                     callback<std::vector<history_event>> done) const;
  /// The same, and where it goes on. A page ends early when it has become large: at some megabytes.
  void history_page_async(const run_id& id, std::uint64_t first, std::size_t limit,
                          callback<history_page> done) const;

  /// Ends a run that is not finished. Running functions are asked to stop; what they return is not
  /// recorded any more. Errors: `not_found`, `illegal_transition`, `conflict`.
  result<run_changed> cancel(const run_id& id, command_options options = {}) const;
  void cancel_async(const run_id& id, command_options options, callback<run_changed> done) const;
  /// Lets a run rest. No node begins any more; functions that are under way return first, and what
  /// they return is recorded (`run_changed::pausing`). Errors as `cancel`.
  result<run_changed> pause(const run_id& id, command_options options = {}) const;
  void pause_async(const run_id& id, command_options options, callback<run_changed> done) const;
  /// Lets a run that is paused, or is about to be, go on; or answers what a run asks. Errors as
  /// `cancel`; `invalid_argument` (the update, no such question, an answer that does not fit its
  /// schema) and `limit_exceeded`.
  result<run_changed> resume(const run_id& id, resume_options options = {}) const;
  void resume_async(const run_id& id, resume_options options, callback<run_changed> done) const;
  /// Sets top-level keys of the data of a run that is paused or failed, before it is resumed or
  /// retried. Branches keep their own values of keys that they have written. Errors as `resume`.
  result<run_changed> update(const run_id& id, json update, command_options options = {}) const;
  void update_async(const run_id& id, json update, command_options options,
                    callback<run_changed> done) const;
  /// Sends a run something. A node of type `signal` takes it up: at once where one waits for this
  /// type, else when one comes to wait; the oldest first, each once. Answered when it is durable.
  /// Errors: `not_found`; `illegal_transition` (the run is over); `invalid_argument` (the type: 1
  /// to 128 bytes); `limit_exceeded` (the payload, or too many that were not taken up).
  result<run_changed> signal(const run_id& id, std::string type, json payload = nullptr,
                             signal_options options = {}) const;
  void signal_async(const run_id& id, std::string type, json payload, signal_options options,
                    callback<run_changed> done) const;
  /// Brings a failed run back: it goes on from its last checkpoint, with the step that failed.
  /// Errors as `cancel`.
  result<run_changed> retry(const run_id& id, command_options options = {}) const;
  void retry_async(const run_id& id, command_options options, callback<run_changed> done) const;
  /// Starts a new run with the flow version and input of a finished one, and names that in it.
  /// Errors: `not_found`, `illegal_transition` if it is not finished; as `start`.
  result<run_started> restart(const run_id& id, start_options options = {}) const;
  void restart_async(const run_id& id, start_options options, callback<run_started> done) const;

  /// The same for many runs at once. Each item stands for itself: one that is refused does not keep
  /// the others from being done. Answered in the order given, when all are durable. Not more than
  /// `engine.max_commands_in_flight` at once: what is over that is answered `overloaded`.
  std::vector<result<run_started>> start_many(std::vector<start_request> requests) const;
  std::vector<batch_item<run_changed>> signal_many(std::vector<signal_request> requests) const;
  std::vector<batch_item<run_changed>> pause_many(const std::vector<run_id>& ids,
                                                  const command_options& options = {}) const;
  std::vector<batch_item<run_changed>> resume_many(const std::vector<run_id>& ids,
                                                   const resume_options& options = {}) const;
  std::vector<batch_item<run_changed>> cancel_many(const std::vector<run_id>& ids,
                                                   const command_options& options = {}) const;
  std::vector<batch_item<run_changed>> retry_many(const std::vector<run_id>& ids,
                                                  const command_options& options = {}) const;

  /// Everything that became durable in this scope behind `after`, in order; events of at most
  /// `limit` (1 to 1000) transitions. Without `after`: none, but the place to go on from. Errors:
  /// `invalid_argument`.
  [[nodiscard]] result<event_page> events(std::optional<journal_position> after = {},
                                          std::size_t limit = 100) const;
  void events_async(std::optional<journal_position> after, std::size_t limit,
                    callback<event_page> done) const;

  /// Gives a worker tasks of this scope, as many as there are up to `max`; waits for the first as
  /// long as the poll says, and gives none then. See <pawl/worker.hpp>. Errors: `invalid_argument`,
  /// `overloaded`.
  result<std::vector<worker_task>> poll_tasks(task_poll wanted) const;
  /// `withdrawn`: a stop request ends the poll. It is given no task from then on; what it was given
  /// in the same moment comes all the same, and is to be released.
  void poll_tasks_async(task_poll wanted, callback<std::vector<worker_task>> done,
                        std::stop_token withdrawn = {}) const;
  /// Records how a task ended. Errors: `conflict` with the type "lease_lost" when the task is not
  /// this worker's any more: nothing was recorded; `invalid_argument`.
  result<void> finish_task(const task_lease& task, task_outcome outcome) const;
  void finish_task_async(const task_lease& task, task_outcome outcome, callback<void> done) const;
  /// Gives a task back that was not begun: another worker can have it at once. Errors as
  /// `finish_task`.
  result<void> release_task(const task_lease& task) const;
  void release_task_async(const task_lease& task, callback<void> done) const;
  /// Says that a worker is at work on a task, how far it is (0 to 1) and what it logs: watchers of
  /// the run see both. Errors as `finish_task`.
  result<task_heartbeat> heartbeat_task(const task_lease& task, std::optional<double> progress = {},
                                        std::vector<task_log_line> log = {}) const;
  void heartbeat_task_async(const task_lease& task, std::optional<double> progress,
                            std::vector<task_log_line> log, callback<task_heartbeat> done) const;
  [[nodiscard]] result<worker_overview> workers() const;
  void workers_async(callback<worker_overview> done) const;

  /// Watches one run, or every run of the scope (no id). `capacity`: events that are kept while
  /// nobody reads them; a reader who is further behind is dropped.
  [[nodiscard]] std::shared_ptr<subscription> watch(std::optional<run_id> id = {},
                                                    std::size_t capacity = 10'000) const;

 protected:
  scope(std::shared_ptr<engine_core> shared, scope_name name)
      : core_(std::move(shared)), name_(std::move(name)) {}

 private:
  friend class engine;
  friend struct engine_access;

  std::shared_ptr<engine_core> core_;
  scope_name name_;
};

/// A durable workflow engine: keeps flows and runs in a folder (or in memory), runs them, and
/// brings the unfinished ones back when it is opened again. As a scope it is the default one.
///
///     pawl::engine engine{settings};
///     engine.functions().add("orders.charge", …);   // before `open`: unfinished runs need them
///     if (auto opened = engine.open(); !opened) …
///
/// Several engines can live in one process; they do not see each other. Everything is safe for
/// concurrent use but construction, `open`, move and destruction.
class engine : public scope {
 public:
  explicit engine(settings s = {});
  engine(engine&&) noexcept = default;
  engine& operator=(engine&&) noexcept;
  /// Stops, as `stop` does.
  ~engine();

  /// Opens the store, takes commands from then on, and begins to bring unfinished runs back.
  /// Errors: `locked`, `corrupt`, `schema_newer`, `io_failed`, `read_only`, `storage_full` (the
  /// store); `invalid_argument` (the settings); `unavailable` (it was opened before).
  result<void> open();

  /// Stops in order: takes no more commands, lets steps that are under way finish up to
  /// `engine.stop_timeout_ms`, makes everything durable and closes the store. Unfinished runs go on
  /// when the store is opened again. A second call does nothing. Errors: of the last flush.
  result<void> stop();

  /// Everything of another scope. Errors: `invalid_argument` (the name).
  [[nodiscard]] result<scope> in(std::string_view other) const { return sibling(other); }

  [[nodiscard]] const settings& effective_settings() const noexcept;

  /// Whether commands are taken now; the reason if not.
  [[nodiscard]] result<void> ready() const;

  /// Errors: `unavailable` before `open` and after `stop`.
  [[nodiscard]] result<engine_load> load() const;

  /// Watches what steps say in all scopes while they run: events without a checkpoint, "step_log"
  /// and "step_progress". `capacity` as in `watch`.
  [[nodiscard]] std::shared_ptr<subscription> watch_steps(std::size_t capacity = 10'000) const;

  /// What the engine measured of its own work since it was opened; nothing before that, and after
  /// `stop`.
  [[nodiscard]] engine_metrics metrics() const;
  /// What is kept, of all scopes together. Costs the same however many runs there are.
  void totals_async(callback<engine_totals> done) const;

 private:
  friend struct engine_access;
  explicit engine(std::shared_ptr<engine_core> core) : scope(std::move(core), default_scope()) {}
};

}  // namespace pawl
