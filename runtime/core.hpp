#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <pawl/cluster.hpp>
#include <pawl/engine.hpp>
#include <pawl/flow_numbers.hpp>
#include <pawl/run_logs.hpp>

#include "actors/clock.hpp"
#include "actors/rng.hpp"
#include "flow/machine/command.hpp"
#include "functions/registry.hpp"
#include "functions/secrets/secret_store.hpp"
#include "persistence/blobs.hpp"
#include "persistence/keys.hpp"
#include "persistence/store.hpp"
#include "runtime/crash_record.hpp"
#include "runtime/ids.hpp"
#include "runtime/restarter.hpp"
#include "runtime/stall_watch.hpp"

namespace caf {
class actor_system;
}
namespace spdlog {
class logger;
}
namespace pawl::actors {
struct ended_run;
struct engine_actors;
struct call_place;
struct run_command;
struct engine_telemetry;
struct engine_context;
class engine_time;
struct wanted_version;
}  // namespace pawl::actors

namespace pawl {

struct job_key;
struct job_request;
struct job_started;
struct job_view;

/// The replaceable components of an engine. A component that is null is made as the settings
/// describe.
struct engine_components {
  /// Called when the engine is opened, and again after the store has failed.
  std::function<result<std::unique_ptr<persistence::store>>()> open_store;
  /// `open_store` returns a store that can only be read: the engine answers queries, refuses
  /// everything else as `read_only`, and starts no actors.
  bool only_reads = false;
  std::shared_ptr<actors::clock> clock;
  std::shared_ptr<actors::rng> rng;
  std::unique_ptr<id_source> ids;
  std::shared_ptr<functions::registry> functions;
  std::shared_ptr<spdlog::logger> log;
  /// How long the scheduler's threads may take to answer before the engine is not ready.
  std::chrono::milliseconds stall_limit{5'000};
};

/// What a query reads at most: one run, flow or counter; or a page, or more.
enum class query_cost : std::uint8_t { point, page };

/// A query that waits for a thread. Queries that read a point do not wait for pages; scopes take
/// turns, then the queries of different names.
struct query_call {
  scope_name in;
  const char* name = "";
  query_cost cost = query_cost::point;
  std::stop_token withdrawn = {};
  std::uint64_t bytes = 0;  ///< memory that it holds while it waits, as `call_size`
};

/// The outcome of a worker's task.
struct ended_task {
  run_key run;
  flow::step_outcome_command outcome;
  callback<run_changed> done;
};

class upload_place;

/// What an engine and its handles share: admits their calls and sends them to the actors. Safe for
/// concurrent use, except for `open`.
class engine_core {
 public:
  engine_core(pawl::settings s, engine_components given);
  ~engine_core();
  engine_core(const engine_core&) = delete;
  engine_core& operator=(const engine_core&) = delete;

  /// `host`: the actor system to use, which must outlive `stop`; null: a system of its own.
  result<void> open(caf::actor_system* host);
  result<void> stop();
  /// Sets a function that is called at the end of `stop`.
  void at_stop(std::function<void()> what);
  [[nodiscard]] result<void> ready() const;
  [[nodiscard]] cluster_info cluster() const;
  /// Returns true if the engine is open, or will be reopened because its store has failed.
  [[nodiscard]] bool is_alive() const;

  // Each calls `done` exactly once.
  void start(flow::start_command what, actors::wanted_version version, callback<run_started> done);
  /// `if_checkpoint`: refuse the command if the run has another last checkpoint. `by`: who sends
  /// it.
  void command(run_key key, flow::command what, callback<run_changed> done,
               std::optional<std::uint64_t> if_checkpoint = {}, std::string by = {});
  void wait(run_key key, std::chrono::milliseconds timeout, callback<actors::ended_run> done,
            std::stop_token withdrawn);
  void put_flow(const scope_name& in, json definition, const put_flow_options& options,
                callback<flow_stored> done);
  void publish_flow(const scope_name& in, const flow_version_id& id, callback<void> done);
  /// Adds a line to the log of a run; see `scope_logs`.
  void add_log_line(run_key run, run_log_line line) const;
  /// Answers when the lines that were added are written, or lost.
  void flush_log(const scope_name& in, callback<void> done);
  /// Gives numbers to versions, and changes those that they have.
  void number_flows(const scope_name& in, std::vector<flow_numbers_change> changes,
                    callback<std::vector<flow_numbers>> done);
  /// Records the outcomes of tasks of the scope, then answers the poll. `done` is called after the
  /// last outcome.
  void poll_tasks(const scope_name& in, task_poll wanted, std::vector<ended_task> ended,
                  callback<std::vector<worker_task>> done, std::stop_token withdrawn);
  void heartbeat_task(const persistence::keys::task_key& task, std::uint64_t lease,
                      std::optional<double> progress, std::vector<task_log_line> log,
                      callback<task_heartbeat> done);
  void describe_workers(const scope_name& in, callback<worker_overview> done);
  /// A random number from 0 to below 1.
  [[nodiscard]] double draw() const;
  /// The caller checks first that no unfinished run uses the flow.
  void delete_flow(const scope_name& in, const flow_name& name, callback<void> done);

  void remove_run(const run_key& key, callback<run_removed> done);
  void keep_run(const run_key& key, bool keep, callback<void> done);
  void clean_up(const scope_name& in, const cleanup_options& what, callback<cleanup_page> done);
  /// A place for an upload of which this much is in memory. Errors: `overloaded`, `unavailable`.
  [[nodiscard]] result<std::shared_ptr<const upload_place>> admit_upload(const scope_name& in,
                                                                         std::uint64_t bytes) const;
  /// A chunk of an upload, which has a place; see actors/blob_messages.hpp for these three.
  void write_blob_chunk(const upload_place& by, const scope_name& in, std::string content,
                        std::uint32_t number, std::shared_ptr<const std::string> bytes,
                        callback<void> done);
  void finish_blob(const upload_place& by, const persistence::blob_key& key,
                   persistence::blob_head head, std::shared_ptr<const std::string> last,
                   callback<persistence::blob_head> done);
  void drop_blob_upload(const scope_name& in, std::string content) const;
  void start_job(const job_key& key, const job_request& what, callback<job_started> done);
  void abort_job(const job_key& key, callback<job_view> done);
  void remove_job(const job_key& key, callback<void> done);
  void wait_job(const job_key& key, std::chrono::milliseconds timeout, callback<job_view> done,
                std::stop_token withdrawn);
  void back_up(const std::filesystem::path& folder, callback<backup_info> done);
  void compact(callback<compaction_result> done);

  /// The components of the open engine; null before `open`, after `stop`, and while the store is
  /// reopened. The holder can read the store until it releases them.
  [[nodiscard]] std::shared_ptr<actors::engine_context> running() const;
  /// Calls `ready` on a thread for queries, which may read the store. Errors: `overloaded`,
  /// `unavailable`, `cancelled` if the query was withdrawn before its turn; `ready` gets them on
  /// any thread.
  void read_later(query_call wanted, callback<void> ready);
  /// Calls `turn` on such threads until it returns true or fails, then calls `done`. Other queries
  /// have the thread between two turns. Errors: those of `turn`, and as `read_later`.
  void read_in_turns(query_call wanted, std::function<result<bool>()> turn, callback<void> done);
  /// Subscribes to the deletions of runs in all scopes; see `event_hub`.
  [[nodiscard]] std::shared_ptr<subscription> watch_deletions(std::size_t capacity) const;
  /// See `engine::reload_secrets`.
  result<void> reload_secrets();
  /// The error that says why the engine accepts no calls.
  [[nodiscard]] error closed() const;

  const pawl::settings settings;
  const std::shared_ptr<functions::registry> functions;
  const std::shared_ptr<functions::secret_store> secrets =
      std::make_shared<functions::secret_store>();
  const std::unique_ptr<id_source> ids;
  /// Subscriptions and metrics; they outlive a reopened store.
  const std::shared_ptr<actors::engine_telemetry> telemetry;

 private:
  struct hosting;

  struct admitted {
    std::shared_ptr<actors::engine_context> context;
    std::shared_ptr<const actors::engine_actors> actors;
  };
  /// Takes a place among the calls in flight and returns what a call needs. A store that has failed
  /// can still be read. Errors: `overloaded`, `unavailable`.
  [[nodiscard]] result<admitted> admit(const actors::call_place& wanted) const;
  /// What a call of an upload needs. Error: `unavailable`.
  [[nodiscard]] result<admitted> enter(const upload_place& by) const;
  /// Calls `task` with the upkeep of the store on a thread of its own, one task at a time.
  template <class T, class Task>
  void keep_up(Task task, callback<T> done);
  /// A command that was admitted with this place.
  [[nodiscard]] static actors::run_command make_command(const admitted& open,
                                                        actors::call_place place, run_key key,
                                                        flow::command what,
                                                        callback<run_changed> done);
  result<std::shared_ptr<actors::engine_context>> make_context();
  result<std::unique_ptr<persistence::store>> open_store() const;
  /// Opens the record once. Returns what it says of the last process.
  result<std::vector<crash_record::death>> open_crash_record();
  /// Stops the actors in order. Running functions have `patience` to finish.
  static void end_in_order(const admitted& ended, std::chrono::milliseconds patience);
  void on_store_failed(std::uint64_t generation, const error& why);
  /// Stops what uses the failed store, opens it again and starts new actors.
  result<void> reopen();
  /// Whether an engine that cannot open its store for this reason waits until it can.
  [[nodiscard]] bool stands_by(const error& why) const;
  /// Under `mutex_`: starts the actors of an opened store.
  void adopt(std::shared_ptr<actors::engine_context> made);
  /// Under `mutex_`: notes why there is no store, and logs a change of the owner.
  void note_owner(const error& why);
  /// False for an in-memory store: reopening it would lose what was durable.
  [[nodiscard]] bool can_reopen() const;
  /// The error of threads that do not come back, if there are such.
  [[nodiscard]] std::optional<error> stall(const actors::engine_context& of) const;

  engine_components given_;
  std::shared_ptr<actors::engine_time> engine_time_;  ///< outlives a reopened store
  std::unique_ptr<crash_record> crash_record_;        ///< if runs are kept in a folder
  mutable std::mutex mutex_;                          ///< guards the members below
  std::shared_ptr<actors::engine_context> context_;
  std::shared_ptr<const actors::engine_actors> actors_;
  std::unique_ptr<hosting> hosting_;
  caf::actor_system* system_ = nullptr;
  std::uint64_t generation_ = 0;  ///< how often the components were made
  std::optional<error> failure_;  ///< of the store, until it is open again
  std::function<void()> at_stop_;
  std::weak_ptr<actors::engine_context> ended_;  ///< of the failed store; only `reopen` uses it
  std::unique_ptr<restarter> restarter_;
  mutable stall_watch scheduler_watch_;
  std::optional<time_point> role_since_;  ///< of a store that several processes can reach
  std::uint64_t takeovers_ = 0;
  std::uint64_t losses_ = 0;
  bool opened_ = false;
  bool stopped_ = false;
};

/// Access to the internals of an engine, for `runtime/`, the program and tests.
struct engine_access {
  [[nodiscard]] static engine_core& core(engine& e) { return *e.core_; }
  [[nodiscard]] static std::shared_ptr<engine_core> shared_core(engine& e) { return e.core_; }
  /// Makes an engine of the given components.
  [[nodiscard]] static engine make(settings s, engine_components given);
};

}  // namespace pawl
