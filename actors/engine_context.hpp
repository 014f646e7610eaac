#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include <pawl/settings.hpp>

#include "actors/clock.hpp"
#include "actors/event_hub.hpp"
#include "actors/executor.hpp"
#include "actors/flow_cache.hpp"
#include "actors/load_notes.hpp"
#include "actors/metrics.hpp"
#include "actors/quarantine_list.hpp"
#include "actors/rng.hpp"
#include "actors/run_log.hpp"
#include "functions/registry.hpp"
#include "persistence/store.hpp"

namespace spdlog {
class logger;
}

namespace pawl::actors {

/// Counts the use of a limited resource. Safe for concurrent use.
class limiter {
 public:
  explicit limiter(std::uint64_t most) : most_(most) {}

  /// Takes one if the limit allows. Returns false if not.
  [[nodiscard]] bool try_take() noexcept {
    if (used_.fetch_add(1, std::memory_order_relaxed) < most_) return true;
    give_back();
    return false;
  }
  /// Takes some without regard to the limit.
  void take(std::uint64_t count = 1) noexcept { used_.fetch_add(count, std::memory_order_relaxed); }
  void give_back(std::uint64_t count = 1) noexcept {
    used_.fetch_sub(count, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t used() const noexcept {
    return used_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t left() const noexcept { return most_ - std::min(most_, used()); }
  [[nodiscard]] bool full() const noexcept { return left() == 0; }
  [[nodiscard]] std::uint64_t most() const noexcept { return most_; }

 private:
  std::atomic<std::uint64_t> used_{0};
  const std::uint64_t most_;
};

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

/// What survives when an engine opens its store again: subscriptions and metrics.
struct engine_telemetry {
  event_hub events;
  actors::metrics metrics;
  failure_log_limiter failure_log;
};

/// Everything that the actors of one engine share. `runtime/` makes it and passes it to each
/// actor's constructor. It outlives all actors. Its members are safe for concurrent use.
struct engine_context {
  pawl::settings settings;
  std::unique_ptr<persistence::store> store;
  std::shared_ptr<actors::clock> clock;
  std::shared_ptr<actors::rng> rng;
  std::shared_ptr<functions::registry> functions;
  std::unique_ptr<actors::executor> executor;
  std::shared_ptr<spdlog::logger> log;
  flow_cache flows;
  std::shared_ptr<engine_telemetry> telemetry;
  event_hub& events;
  actors::metrics& metrics;
  limiter active_runs;
  limiter commands;
  limiter queued_tasks;
  quarantine_list suspects;
  load_notes loads;
  admission admitted;
  /// Called when a write or sync of the store has failed. May be called twice, on two threads.
  std::function<void(const error& why)> on_store_failed;

  engine_context(pawl::settings s, std::unique_ptr<persistence::store> opened,
                 std::shared_ptr<actors::clock> time, std::shared_ptr<actors::rng> random,
                 std::shared_ptr<functions::registry> registry,
                 std::unique_ptr<actors::executor> runs_on, std::shared_ptr<spdlog::logger> logger,
                 std::shared_ptr<engine_telemetry> measured = std::make_shared<engine_telemetry>(),
                 std::vector<persistence::suspect> suspected = {},
                 load_notes noted_loads = load_notes{})
      : settings(std::move(s)),
        store(std::move(opened)),
        clock(std::move(time)),
        rng(std::move(random)),
        functions(std::move(registry)),
        executor(std::move(runs_on)),
        log(std::move(logger)),
        flows(flow_limits(settings), settings.storage.flow_cache_bytes),
        telemetry(std::move(measured)),
        events(telemetry->events),
        metrics(telemetry->metrics),
        active_runs(settings.engine.max_active_runs),
        commands(settings.engine.max_commands_in_flight),
        queued_tasks(settings.worker.max_queued_tasks),
        suspects(std::move(suspected)),
        loads(noted_loads) {}
};

using engine_context_ptr = std::shared_ptr<engine_context>;

}  // namespace pawl::actors
