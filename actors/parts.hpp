#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include <pawl/settings.hpp>

#include "actors/chance.hpp"
#include "actors/clock.hpp"
#include "actors/event_hub.hpp"
#include "actors/executor.hpp"
#include "actors/flow_cache.hpp"
#include "actors/measures.hpp"
#include "functions/registry.hpp"
#include "persistence/store.hpp"

namespace spdlog {
class logger;
}

namespace pawl::actors {

/// Counts what is in use of something bounded. Safe for concurrent use.
class gauge {
 public:
  explicit gauge(std::uint64_t most) : most_(most) {}

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
struct lasting_parts {
  event_hub events;
  measures measured;
};

/// Everything that the actors of one engine work with. Made by `runtime/`, given to each actor's
/// constructor, and outlives them all.
struct parts {
  pawl::settings settings;
  std::unique_ptr<persistence::store> store;
  std::shared_ptr<actors::clock> clock;
  std::shared_ptr<actors::chance> chance;
  std::shared_ptr<functions::registry> functions;
  std::unique_ptr<actors::executor> executor;
  std::shared_ptr<spdlog::logger> log;
  flow_cache flows;
  std::shared_ptr<lasting_parts> lasting;
  event_hub& events;
  measures& measured;
  gauge active_runs;
  gauge commands;
  gauge queued_tasks;
  admission admitted;
  /// Called when the store takes no more writes, by the actor that found out; may be called twice.
  std::function<void(const error& why)> on_store_failed;

  parts(pawl::settings s, std::unique_ptr<persistence::store> kept_in,
        std::shared_ptr<actors::clock> time, std::shared_ptr<actors::chance> luck,
        std::shared_ptr<functions::registry> registry, std::unique_ptr<actors::executor> runs_on,
        std::shared_ptr<spdlog::logger> logger,
        std::shared_ptr<lasting_parts> kept = std::make_shared<lasting_parts>())
      : settings(std::move(s)),
        store(std::move(kept_in)),
        clock(std::move(time)),
        chance(std::move(luck)),
        functions(std::move(registry)),
        executor(std::move(runs_on)),
        log(std::move(logger)),
        flows(flow_limits(settings)),
        lasting(std::move(kept)),
        events(lasting->events),
        measured(lasting->measured),
        active_runs(settings.engine.max_active_runs),
        commands(settings.engine.max_commands_in_flight),
        queued_tasks(settings.worker.max_queued_tasks) {}
};

using parts_ptr = std::shared_ptr<parts>;

}  // namespace pawl::actors
