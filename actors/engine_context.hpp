#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include <pawl/settings.hpp>

#include "actors/activity_table.hpp"
#include "actors/blob_guard.hpp"
#include "actors/call_limits.hpp"
#include "actors/clock.hpp"
#include "actors/engine_time.hpp"
#include "actors/event_hub.hpp"
#include "actors/executor.hpp"
#include "actors/fair_limiter.hpp"
#include "actors/flow_cache.hpp"
#include "actors/flow_heads.hpp"
#include "actors/job_pool.hpp"
#include "actors/limiter.hpp"
#include "actors/load_notes.hpp"
#include "actors/loader.hpp"
#include "actors/log_queue.hpp"
#include "actors/metrics.hpp"
#include "actors/parked_states.hpp"
#include "actors/quarantine_list.hpp"
#include "actors/rng.hpp"
#include "actors/run_log.hpp"
#include "actors/step_timers.hpp"
#include "functions/registry.hpp"
#include "functions/secrets/secret_store.hpp"
#include "persistence/store.hpp"

namespace spdlog {
class logger;
}

namespace pawl::actors {

class run_files;

/// Whether the place of a run among the active runs is counted already.
enum class active_place : std::uint8_t { to_take, taken };

/// Whether the engine accepts commands, and why not. Safe for concurrent use.
class admission {
 public:
  enum class state : std::uint8_t { open, stopping, store_failed };

  [[nodiscard]] state now() const noexcept { return state_.load(std::memory_order_acquire); }
  [[nodiscard]] bool is_open() const noexcept { return now() == state::open; }
  /// Closes permanently. Later calls do not change the reason.
  void close(state why) noexcept {
    state open = state::open;
    state_.compare_exchange_strong(open, why, std::memory_order_acq_rel);
  }

 private:
  std::atomic<state> state_{state::open};
};

/// What survives when an engine opens its store again: subscriptions, activity and metrics.
struct engine_telemetry {
  event_hub events;
  activity_table activity;
  actors::metrics metrics;
  failure_log_limiter failure_log;
};

/// Log lines of steps that wait to be written.
inline constexpr std::size_t max_log_queue_bytes = std::size_t{8} << 20;

/// Everything that the actors of one engine share. `runtime/` makes it and passes it to each
/// actor's constructor. It outlives all actors. Its members are safe for concurrent use.
struct engine_context {
  pawl::settings settings;
  std::unique_ptr<persistence::store> store;
  std::shared_ptr<actors::clock> clock;
  std::shared_ptr<actors::engine_time> engine_time;  ///< of `clock`
  std::shared_ptr<actors::rng> rng;
  std::shared_ptr<functions::registry> functions;
  std::shared_ptr<functions::secret_store> secrets = std::make_shared<functions::secret_store>();
  std::unique_ptr<actors::executor> executor;
  std::unique_ptr<actors::loader> loader;
  std::unique_ptr<job_pool> queries;  ///< null in an engine that is asked none
  std::unique_ptr<job_pool> upkeep;   ///< for backups and compactions; null as `queries`
  std::shared_ptr<actors::step_timers> step_timers;
  std::shared_ptr<spdlog::logger> log;
  flow_cache flows;
  flow_heads heads;
  parked_states parked;
  std::shared_ptr<engine_telemetry> telemetry;
  event_hub& events;
  actors::metrics& metrics;
  limiter active_runs;
  call_limits calls;
  /// The calls that wait for a thread with all that they need; further ones wait for a place here.
  fair_limiter waiting_calls;
  fair_limiter queued_tasks;
  quarantine_list suspects;
  load_notes loads;
  log_queue log_lines;               ///< of the steps of runs
  std::shared_ptr<run_files> files;  ///< null: runs have none
  blob_guard blobs;
  /// Observes all steps of the engine; null until the actors are started.
  std::shared_ptr<const functions::step_observer> step_observer;
  admission admitted;
  /// Called when a write or sync of the store has failed. May be called twice, on two threads.
  std::function<void(const error& why)> on_store_failed;

  engine_context(pawl::settings s, std::unique_ptr<persistence::store> opened,
                 std::shared_ptr<actors::clock> time,
                 std::shared_ptr<actors::engine_time> duration_time,
                 std::shared_ptr<actors::rng> random, std::shared_ptr<functions::registry> registry,
                 std::unique_ptr<actors::executor> runs_on,
                 std::unique_ptr<actors::loader> loads_on, std::shared_ptr<spdlog::logger> logger,
                 std::shared_ptr<engine_telemetry> measured = std::make_shared<engine_telemetry>(),
                 std::vector<persistence::suspect> suspected = {},
                 load_notes noted_loads = load_notes{})
      : settings(std::move(s)),
        store(std::move(opened)),
        clock(std::move(time)),
        engine_time(std::move(duration_time)),
        rng(std::move(random)),
        functions(std::move(registry)),
        executor(std::move(runs_on)),
        loader(std::move(loads_on)),
        step_timers(std::make_shared<actors::step_timers>(engine_time)),
        log(std::move(logger)),
        flows(flow_limits(settings), settings.storage.flow_cache_bytes),
        parked(settings.engine.parked_cache_bytes),
        telemetry(std::move(measured)),
        events(telemetry->events),
        metrics(telemetry->metrics),
        active_runs(settings.engine.max_active_runs),
        calls(settings),
        waiting_calls(settings.executor.queue_limit),
        queued_tasks(settings.worker.max_queued_tasks),
        suspects(std::move(suspected)),
        loads(noted_loads),
        log_lines(settings.run.max_log_bytes > 0 ? max_log_queue_bytes : 0,
                  metrics.run_log_lines_lost),
        blobs(settings.blobs.grace_ms) {}
};

using engine_context_ptr = std::shared_ptr<engine_context>;

}  // namespace pawl::actors
