#pragma once

#include <algorithm>
#include <memory>
#include <utility>

#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/local_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include "actors/supervisor.hpp"
#include "functions/registry.hpp"
#include "persistence/clock_lead.hpp"
#include "tests/simulation/world.hpp"

namespace pawl::simulation {

struct system_config : caf::actor_system_config {
  system_config() { set("scheduler.policy", caf::atom("testing")); }
};

/// One life of an engine, from its start on a store to its end.
class engine_life {
 public:
  engine_life(world& w, std::shared_ptr<persistence::memory_store> store, const settings& s,
              std::shared_ptr<functions::registry> functions)
      : world_(w),
        store_(std::move(store)),
        system_(config_),
        scheduler_(dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())) {
    auto executor = std::make_unique<world_executor>(w);
    executor_ = executor.get();
    auto loader = std::make_unique<world_loader>(w);
    loader_ = loader.get();
    const auto clock = std::make_shared<world_clock>(w);
    const auto lead = persistence::load_clock_lead(*store_->durable_view());
    context_ = std::make_shared<actors::engine_context>(
        s, std::make_unique<world_store>(w, store_), clock,
        std::make_shared<actors::engine_time>(clock, lead.value()), std::make_unique<world_rng>(w),
        std::move(functions), std::move(executor), std::move(loader),
        std::make_shared<spdlog::logger>("simulation",
                                         std::make_shared<spdlog::sinks::null_sink_mt>()));
    actors_ = actors::start_actors(system_, context_, actors::blocking_actors::scheduled);
  }

  /// Stops in order. After a simulated crash the test ignores what happens here.
  ~engine_life() {
    context_->admitted.close(actors::admission::state::stopping);
    context_->executor->stop({});
    actors::post(actors_.supervisor, actors::stop_request{});
    while (run_some_job() || scheduler_.trigger_timeout()) {
    }
    actors_ = {};
  }

  [[nodiscard]] actors::engine_context& context() noexcept { return *context_; }
  [[nodiscard]] const actors::engine_actors& actors() const noexcept { return actors_; }
  [[nodiscard]] persistence::memory_store& store() noexcept { return *store_; }
  /// The disk. Outlives this life.
  [[nodiscard]] std::shared_ptr<persistence::memory_store> disk() const { return store_; }
  [[nodiscard]] bool has_failed() const noexcept {
    return context_->admitted.now() == actors::admission::state::store_failed;
  }

  /// Handles one message, calls one function, or advances the time. Returns false if nothing is
  /// left to do.
  bool step() {
    world_.now_us += static_cast<std::int64_t>(world_.draw(50));
    if (world_.draw(30) == 0 && advance_time()) return true;
    if (world_.draw(4) == 0 && executor_->run_one()) return true;
    if (run_some_job()) return true;
    if (executor_->run_one()) return true;
    return advance_time();
  }

  /// Handles everything that can be handled now, in random order. No time passes.
  void settle() {
    while (run_some_job() || executor_->run_one()) {
    }
  }

  /// Advances the time to the next delayed message. Returns false if there is none.
  bool advance_time() {
    const auto before = system_.clock().now();
    if (!scheduler_.trigger_timeout()) return false;
    world_.now_us +=
        std::chrono::ceil<std::chrono::microseconds>(system_.clock().now() - before).count();
    return true;
  }

 private:
  /// Handles one message of a random actor, or runs a job of the loader.
  bool run_some_job() {
    auto& jobs = scheduler_.jobs;
    const std::size_t all = jobs.size() + loader_->waiting();
    if (all == 0) return false;
    if (world_.draw(all) >= jobs.size()) return loader_->run_one();
    const auto chosen = jobs.begin() + static_cast<std::ptrdiff_t>(world_.draw(jobs.size()));
    std::rotate(jobs.begin(), chosen, chosen + 1);
    const auto* const actor = dynamic_cast<const caf::local_actor*>(jobs.front());
    world_.working = actor == nullptr ? "" : actor->name();
    scheduler_.run_once();
    world_.working = {};
    return true;
  }

  world& world_;
  std::shared_ptr<persistence::memory_store> store_;
  world_executor* executor_ = nullptr;
  world_loader* loader_ = nullptr;
  system_config config_;
  caf::actor_system system_;
  caf::scheduler::test_coordinator& scheduler_;
  actors::engine_context_ptr context_;
  actors::engine_actors actors_;
};

}  // namespace pawl::simulation
