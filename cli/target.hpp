#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/blobs.hpp>
#include <pawl/engine.hpp>
#include <pawl/jobs.hpp>
#include <pawl/run_errors.hpp>
#include <pawl/run_history.hpp>
#include <pawl/run_states.hpp>

#include "cli/run_family.hpp"
#include "cli/view/watcher.hpp"

namespace pawl::cli {

class session;

/// How commands suggested to the user address the same target.
struct command_hints {
  std::string read_flags;  ///< options of commands that only read: " --data-dir DIR", or ""
  std::string run_flags;   ///< options of commands that execute steps: adds " --allow-exec …"
  bool durable = true;     ///< false: runs are in memory and lost when the program ends
  bool remote = false;     ///< a server executes the steps, independently of this program
};

/// Why `target::follow` returned.
enum class follow_end {
  all_ended,      ///< every run ended or is parked
  interrupted,    ///< a signal arrived
  timed_out,      ///< the timeout expired
  output_closed,  ///< standard output was closed
};

struct follow_result {
  follow_end how = follow_end::all_ended;
  /// The final view of each run that ended or is parked, or the error of one that could not be
  /// followed.
  std::map<run_id, result<run_view>> runs;
  /// If one run was followed: the last state of it and its subflows that was read while it was
  /// unfinished, or empty.
  run_family last = {};
  /// The result of stopping the engine, if following ended before the runs.
  result<void> stopped = {};
};

struct follow_options {
  bool several = false;                                   ///< more than one run
  std::optional<std::chrono::milliseconds> timeout = {};  ///< maximum time to follow
  /// Keeps following runs that wait for an external event. Servers only.
  bool until_finished = false;
  /// Stops following a run that asks a question, or whose subflow does, even if the question has a
  /// timeout.
  bool until_question = false;
  /// Reads the events after the checkpoint of the run from its history first. A server always does.
  bool catch_up = false;
  /// Starts or continues a run. A run for which this fails is not followed.
  std::function<result<void>(const run_id& id)> begin = [](const run_id&) {
    return result<void>{};
  };
};

/// True for the events after which a run may wait for something else than before.
[[nodiscard]] bool changes_waits(std::string_view event_kind) noexcept;

/// Which events `target::events` passes on; see `server::event_filter`.
struct event_selection {
  std::string filter;
  std::vector<std::string> kinds;
};

/// Receives events in order. Returns false to stop.
using event_listener = std::function<bool(const placed_event& event)>;

/// Gives the next bytes of a blob that is sent; none at its end. An error ends sending.
using blob_source = std::function<result<std::string>()>;
/// Takes the next bytes of a blob that is read. An error ends reading.
using blob_sink = std::function<result<void>(std::string_view bytes)>;

/// Access to the runs and flows of one scope, in a data folder opened by this program or on a
/// server. Calls fail with the errors of the engine call of the same name. On a server they also
/// fail with `unavailable` and `timed_out` (not reachable), `invalid_argument` (not authorized) and
/// `not_supported` (not a Pawl server, or an incompatible version). Not thread-safe.
class target {
 public:
  target() = default;
  virtual ~target() = default;
  target(const target&) = delete;
  target& operator=(const target&) = delete;

  [[nodiscard]] virtual const command_hints& hints() const noexcept = 0;
  /// True if log lines go to the terminal on which progress is drawn.
  [[nodiscard]] virtual bool logs_to_terminal() const noexcept = 0;

  virtual result<flow_stored> put_flow(const json& definition, const put_flow_options& how) = 0;
  virtual result<void> publish_flow(const flow_version_id& id) = 0;
  virtual result<void> delete_flow(const flow_name& name) = 0;
  virtual result<flow_version> get_flow(const flow_name& name, std::optional<version> v) = 0;
  /// The stored version of a flow that a text names: its numbers, or its label, such as "v1".
  virtual result<version> find_version(const flow_name& name, const std::string& text) = 0;
  /// All of them on one page, which has no next one.
  virtual result<flow_page> list_flows() = 0;
  /// The same, oldest first. A server omits the definitions.
  virtual result<flow_version_page> flow_versions(const flow_name& name) = 0;
  virtual result<std::vector<function_info>> functions() = 0;
  virtual result<worker_overview> workers() = 0;
  /// Who owns the store, as JSON in the form of the HTTP API.
  virtual result<json> cluster() = 0;

  virtual result<run_started> start(std::string_view flow, const json& input,
                                    const start_options& how) = 0;
  virtual result<run_started> restart(const run_id& id, const start_options& how) = 0;
  virtual result<run_started> fork(const run_id& id, const fork_options& how) = 0;
  /// Returns the run once it is finished, at the latest after `wait`. In a data folder waiting
  /// activates the run.
  virtual result<run_view> get(const run_id& id, std::chrono::milliseconds wait = {}) = 0;
  virtual result<run_page> list(const run_filter& filter) = 0;
  virtual result<run_total> count(const run_filter& filter) = 0;
  virtual result<run_error_groups> errors(const run_filter& filter, std::size_t limit) = 0;
  /// The number of runs with each status.
  virtual result<std::vector<run_count>> counts() = 0;
  /// The numbers of runs by period, day and flow, as JSON in the form of the HTTP API.
  virtual result<json> statistics(std::size_t days) = 0;
  /// Why a run does not move, as JSON in the form of the HTTP API.
  virtual result<json> explain(const run_id& id) = 0;
  /// The state of a run at a checkpoint, and the difference between two (`to` 0: the last one), as
  /// JSON in the form of the HTTP API.
  virtual result<json> state_at(const run_id& id, std::uint64_t checkpoint) = 0;
  virtual result<json> diff(const run_id& id, std::uint64_t from, std::uint64_t to) = 0;
  /// The complete history.
  virtual result<std::vector<history_event>> history(const run_id& id) = 0;
  virtual result<pawl::history_page> history_page(const run_id& id, const history_options& how) = 0;
  /// A page of the steps of a run, as JSON in the form of the HTTP API.
  virtual result<json> steps(const run_id& id, const step_options& how) = 0;

  virtual result<run_changed> cancel(const run_id& id, const command_options& how) = 0;
  virtual result<run_changed> terminate(const run_id& id, const command_options& how) = 0;
  virtual result<run_changed> skip(const run_id& id, const std::string& node,
                                   const command_options& how) = 0;
  virtual result<run_changed> pause(const run_id& id, const command_options& how) = 0;
  virtual result<run_changed> retry(const run_id& id, const command_options& how) = 0;
  virtual result<run_changed> resume(const run_id& id, const resume_options& how) = 0;
  virtual result<run_changed> set_data(const run_id& id, const json& changes,
                                       const command_options& how) = 0;
  virtual result<run_changed> signal(const run_id& id, const std::string& type, const json& payload,
                                     const signal_options& how) = 0;

  virtual result<run_removed> remove(const run_id& id) = 0;
  /// Marks a run to be kept, or removes the mark.
  virtual result<void> keep(const run_id& id, bool kept) = 0;
  virtual result<cleanup_page> clean_up(const cleanup_options& how) = 0;
  /// Frees the space of what was deleted.
  virtual result<compaction_result> compact() = 0;
  /// Adds a backup to a folder. On a server `folder` is empty: it uses its own.
  virtual result<backup_info> back_up(const std::filesystem::path& folder) = 0;

  virtual result<job_started> start_job(const job_request& what, const job_options& how) = 0;
  /// Returns the job once it has ended, at the latest after `wait`. In a data folder only a job
  /// that is started or waited for goes on.
  virtual result<job_view> get_job(const job_id& id, std::chrono::milliseconds wait = {}) = 0;
  virtual result<job_page> list_jobs(const job_list_options& how) = 0;
  virtual result<job_results> results_of_job(const job_id& id, const job_results_options& how) = 0;
  virtual result<job_view> abort_job(const job_id& id) = 0;
  virtual result<void> remove_job(const job_id& id) = 0;

  /// Stores a blob without holding it in memory. `hash`: refuse other bytes; empty: any. Errors: of
  /// `from`; as `blob_upload`.
  virtual result<blob_info> put_blob(const blob_source& from, const std::string& type,
                                     const std::string& hash) = 0;
  /// A server does not say when the blob was made.
  virtual result<blob_info> get_blob(const std::string& hash) = 0;
  /// Passes all bytes of a blob to `to`, in order. They are not compared with the hash. Errors: of
  /// `to`; as `scope_blobs::read`.
  virtual result<void> read_blob(const std::string& hash, const blob_sink& to) = 0;

  /// Passes the events of the runs to `shown` until every run has ended or is parked, a signal
  /// arrives, the timeout expires or the output is closed. Skips events up to the `checkpoint` of
  /// each run. If there is only one run, returns the error of `how.begin`; with several, that is
  /// the result of the run for which it failed.
  virtual result<follow_result> follow(session& s, watcher& shown, std::vector<followed_run> runs,
                                       const follow_options& how) = 0;

  /// Passes the durable events of the scope after `after` that are selected to the listener. A data
  /// folder starts with its oldest event if `after` is empty, and returns after its newest one. A
  /// server starts with the next event if `after` is empty, never returns by itself, and also sends
  /// logs and progress, which have no position.
  virtual result<void> events(std::optional<journal_position> after, const event_selection& which,
                              const event_listener& listener) = 0;

  /// Stops the engine, if this program opened one. Idempotent. Errors: those of the store.
  virtual result<void> close() = 0;
};

/// Drops the data of a run of which only the end is shown, to save memory.
inline void drop_values(run_view& run) {
  run.data = json::object();
  run.output.reset();
}

}  // namespace pawl::cli
