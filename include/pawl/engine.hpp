#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/callback.hpp>
#include <pawl/cluster.hpp>
#include <pawl/metrics.hpp>
#include <pawl/result.hpp>
#include <pawl/scope.hpp>
#include <pawl/settings.hpp>
#include <pawl/subscription.hpp>
#include <pawl/upkeep.hpp>

namespace pawl {

/// The current load of an engine.
struct engine_load {
  std::uint64_t active_runs = 0;         ///< in memory
  std::uint64_t commands_in_flight = 0;  ///< accepted and not answered yet
  std::uint64_t waits = 0;               ///< calls that wait for the end of a run
  std::uint64_t polls = 0;               ///< workers that wait for a task
  std::uint64_t queries_in_flight = 0;   ///< asynchronous ones that are not answered yet
  std::uint64_t bytes_in_flight = 0;     ///< of all these calls, as `engine.max_bytes_in_flight`
  std::size_t queued_calls = 0;          ///< function calls that wait for a thread
  std::size_t running_calls = 0;
  std::size_t stuck_calls = 0;  ///< given up, but their functions have not returned
  /// Runs that are not loaded, because the process died repeatedly while it worked for them.
  std::size_t quarantined_runs = 0;
};

/// What an engine stores, in all scopes together.
struct engine_totals {
  std::vector<run_count> runs;     ///< for each status
  std::uint64_t tasks_queued = 0;  ///< for workers
  std::uint64_t tasks_leased = 0;
  store_gauges store;
};

/// A durable workflow engine: stores flows and runs in a folder (or in memory), executes the runs,
/// and resumes the unfinished ones when it is opened again.
///
///     pawl::engine engine{settings};
///     engine.functions().add("orders.charge", …);   // before `open`: unfinished runs need them
///     if (auto opened = engine.open(); !opened) …
///
/// An engine has scopes (namespaces, tenants); `scope` returns them. The calls of the default scope
/// are also calls of the engine.
///
/// Several engines can live in one process and are independent of each other. Safe for concurrent
/// use, except for construction, `open`, move and destruction.
class engine {
 public:
  explicit engine(settings s = {});
  engine(engine&&) noexcept = default;
  /// Stops this engine, then takes over `other`.
  engine& operator=(engine&& other) noexcept;
  /// Calls `stop`.
  ~engine();

  /// Opens the store, accepts commands from then on, and starts to resume unfinished runs. If
  /// another process owns the store in a database, the engine stands by (`cluster.standby`): it
  /// refuses all calls as `unavailable`, and takes the store over when the owner is gone. Errors:
  /// `locked`, `corrupt`, `schema_newer`, `io_failed`, `read_only`, `storage_full` (the store);
  /// `invalid_argument` (the settings); those of `reload_secrets`; `unavailable` (the engine was
  /// opened before).
  result<void> open();

  /// Stops gracefully: accepts no more commands, waits up to `engine.stop_timeout_ms` for
  /// running steps, makes all durable and closes the store. Unfinished runs continue when the
  /// store is opened again. A second call does nothing. Errors: those of the last flush.
  result<void> stop();

  /// Returns the default scope.
  [[nodiscard]] pawl::scope scope() const { return scope_; }
  /// Returns the scope with this name; it needs no creation. Errors: `invalid_argument` (the name).
  [[nodiscard]] result<pawl::scope> scope(std::string_view name) const;

  // The calls of the default scope; see <pawl/scope.hpp>.
  [[nodiscard]] scope_flows flows() const { return scope_.flows(); }
  [[nodiscard]] scope_runs runs() const { return scope_.runs(); }
  [[nodiscard]] scope_workers workers() const { return scope_.workers(); }
  [[nodiscard]] scope_events events() const { return scope_.events(); }
  [[nodiscard]] scope_jobs jobs() const;
  [[nodiscard]] scope_functions functions() const { return scope_.functions(); }

  result<flow_stored> put_flow(const json& definition, put_flow_options options = {}) const {
    return scope_.put_flow(definition, options);
  }
  result<run_started> start(std::string_view flow, const json& input = json::object(),
                            start_options options = {}) const {
    return scope_.start(flow, input, std::move(options));
  }
  result<run_view> wait(const run_id& id, std::chrono::milliseconds timeout) const {
    return scope_.wait(id, timeout);
  }
  result<run_view> start_and_wait(std::string_view flow, const json& input,
                                  std::chrono::milliseconds timeout,
                                  start_options options = {}) const {
    return scope_.start_and_wait(flow, input, timeout, std::move(options));
  }
  [[nodiscard]] result<run_view> get(const run_id& id) const { return scope_.get(id); }
  result<run_changed> signal(const run_id& id, std::string type, json payload = nullptr,
                             signal_options options = {}) const {
    return scope_.signal(id, std::move(type), std::move(payload), std::move(options));
  }

  [[nodiscard]] const settings& effective_settings() const noexcept;

  /// Reads the secrets of `secrets.file`, `secrets.command` and `secrets.env` again, as `open`
  /// does. After an error the engine keeps those that it has. Blocks while the program of
  /// `secrets.command` runs. Errors: `not_found`, `io_failed`, `invalid_argument`.
  result<void> reload_secrets();

  /// Succeeds if commands are accepted now. Error: `unavailable`, "stalled" if threads block.
  [[nodiscard]] result<void> ready() const;

  /// What this engine is to its store, and who owns that.
  [[nodiscard]] cluster_info cluster() const;

  /// Errors: `unavailable` before `open` and after `stop`.
  [[nodiscard]] result<engine_load> load() const;

  /// Subscribes to what running steps report in all scopes: the events "step_log" and
  /// "step_progress", which have no checkpoint. `capacity`: as in `scope_events::watch`.
  [[nodiscard]] std::shared_ptr<subscription> watch_steps(std::size_t capacity = 10'000) const;

  /// Returns what the engine has measured since it was opened; empty before `open` and after
  /// `stop`.
  [[nodiscard]] engine_metrics metrics() const;

  /// Returns what is stored in all scopes together. The cost does not depend on the number of runs.
  [[nodiscard]] result<engine_totals> totals() const;
  void totals_async(callback<engine_totals> done) const;

  /// Adds a backup of the store to a folder, which is created if it does not exist, while the
  /// engine works. The backup has every command that was answered before the call. Backups in one
  /// folder share files: the next one copies only what has changed. Read and restore them with
  /// `pawl backup`. Errors: `invalid_argument` (the folder has other files, or is within the data
  /// folder), `not_supported` (a store in memory), `conflict` (a backup is under way),
  /// `unavailable` (the engine stops), `io_failed`, `storage_full`, `read_only`.
  result<backup_info> back_up(const std::filesystem::path& folder) const;
  void back_up_async(std::filesystem::path folder, callback<backup_info> done) const;

  /// Rewrites the tables of the store without what was deleted, so that its space is free at once
  /// and not only when the store rewrites them itself. Reads and writes all of the store; steps
  /// continue meanwhile. Errors: `not_supported` (a store in memory), `unavailable` (the engine
  /// stops), `io_failed`, `storage_full`, `corrupt`.
  result<compaction_result> compact() const;
  void compact_async(callback<compaction_result> done) const;

 private:
  friend struct engine_access;
  explicit engine(std::shared_ptr<engine_core> core);

  std::shared_ptr<engine_core> core_;
  pawl::scope scope_;
};

}  // namespace pawl
