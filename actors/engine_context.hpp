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
#include "actors/metrics.hpp"
#include "actors/rng.hpp"
#include "functions/registry.hpp"
#include "persistence/store.hpp"

namespace spdlog {
class logger;
}

namespace pawl::actors {

/// Counts what is in use of something bounded. Safe for concurrent use.
class limiter {
 public:
  explicit limiter(std::uint64_t most) : most_(most) {}

  /// Takes one if there is one left.
  [[nodiscard]] bool try_take() noexcept {
    if (used_.fetch_add(1, std::memory_order_relaxed) < most_) return true;
    give_back();
    return false;
  }
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

/// Whether the engine takes commands, and if not, why. Safe for concurrent use.
class admission {
 public:
  enum class state : std::uint8_t { open, stopping, store_failed };

  [[nodiscard]] state now() const noexcept { return state_.load(std::memory_order_acquire); }
  [[nodiscard]] bool is_open() const noexcept { return now() == state::open; }
  /// Closes for good; the first reason stays.
  void close(state why) noexcept {
    state open = state::open;
    state_.compare_exchange_strong(open, why, std::memory_order_acq_rel);
  }

 private:
  std::atomic<state> state_{state::open};
};

/// What an engine keeps when it opens its store again: who watches goes on watching, and sums go
/// on.
struct engine_telemetry {
  event_hub events;
  actors::metrics metrics;
};

/// Everything that the actors of one engine work with. Made by `runtime/`, given to each actor's
/// constructor, and outlives them all.
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
  admission admitted;
  /// Called when the store takes no more writes, by the actor that found out; may be called twice.
  std::function<void(const error& why)> on_store_failed;

  engine_context(pawl::settings s, std::unique_ptr<persistence::store> kept_in,
                 std::shared_ptr<actors::clock> time, std::shared_ptr<actors::rng> random,
                 std::shared_ptr<functions::registry> registry,
                 std::unique_ptr<actors::executor> runs_on, std::shared_ptr<spdlog::logger> logger,
                 std::shared_ptr<engine_telemetry> kept = std::make_shared<engine_telemetry>())
      : settings(std::move(s)),
        store(std::move(kept_in)),
        clock(std::move(time)),
        rng(std::move(random)),
        functions(std::move(registry)),
        executor(std::move(runs_on)),
        log(std::move(logger)),
        flows(flow_limits(settings)),
        telemetry(std::move(kept)),
        events(telemetry->events),
        metrics(telemetry->metrics),
        active_runs(settings.engine.max_active_runs),
        commands(settings.engine.max_commands_in_flight),
        queued_tasks(settings.worker.max_queued_tasks) {}
};

using engine_context_ptr = std::shared_ptr<engine_context>;

}  // namespace pawl::actors
