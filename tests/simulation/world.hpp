#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include "actors/supervisor.hpp"
#include "functions/call.hpp"
#include "functions/registry.hpp"
#include "persistence/memory/memory_store.hpp"

namespace pawl::simulation {

/// What the whole simulated world shares, across crashes: chance, time, and what functions did.
struct world {
  explicit world(std::uint64_t seed) : random(seed) {}

  /// A number below `below`.
  std::size_t draw(std::size_t below) { return static_cast<std::size_t>(random() % below); }

  std::mt19937_64 random;
  std::int64_t now_us = 1'700'000'000'000'000;  ///< the moments that random flows wait for are near
  std::map<std::string, int> calls;  ///< by idempotency key: how often its function was called
  /// Whether the actor of a run that asks for this call is to crash.
  std::function<bool(const actors::invocation&)> crashes = [this](const auto&) {
    return draw(60) == 0;
  };
  std::size_t crashed = 0;
  std::size_t signals = 0;            ///< ids given out
  std::size_t writes_until_full = 0;  ///< writes and syncs until the store fails; 0: it does not
};

/// A store on a disk that gets full when the world says so; it takes nothing more then, as every
/// store that has failed.
class world_store final : public persistence::store {
 public:
  world_store(world& w, std::shared_ptr<persistence::memory_store> kept_in)
      : world_(w), kept_in_(std::move(kept_in)) {}

  result<std::shared_ptr<const persistence::view>> write(
      std::span<const persistence::batch* const> batches) override {
    if (fails()) return full();
    return kept_in_->write(batches);
  }
  result<void> sync() override {
    if (fails()) return full();
    return kept_in_->sync();
  }
  void publish(std::shared_ptr<const persistence::view> written) override {
    kept_in_->publish(std::move(written));
  }
  std::shared_ptr<const persistence::view> durable_view() const override {
    return kept_in_->durable_view();
  }
  result<void> close() override { return kept_in_->close(); }

 private:
  static error full() { return {errc::storage_full, "the disk of the test is full"}; }
  bool fails() {
    if (!failed_ && world_.writes_until_full > 0) failed_ = --world_.writes_until_full == 0;
    return failed_;
  }

  world& world_;
  const std::shared_ptr<persistence::memory_store> kept_in_;
  bool failed_ = false;
};

class world_clock final : public actors::clock {
 public:
  explicit world_clock(world& w) : world_(w) {}
  time_point now() const override { return from_unix_us(world_.now_us); }

 private:
  world& world_;
};

class world_chance final : public actors::rng {
 public:
  explicit world_chance(world& w) : world_(w) {}
  double draw() override { return static_cast<double>(world_.draw(1000)) / 1000; }

 private:
  world& world_;
};

/// Functions run when chance says so, on the one thread there is.
class world_executor final : public actors::executor {
 public:
  explicit world_executor(world& w) : world_(w) {}

  result<actors::invocation_id> submit(actors::invocation call) override {
    if (stopped_) return error{errc::unavailable, "stopping"};
    if (world_.crashes(call)) {
      ++world_.crashed;
      throw std::runtime_error("a crash made by the test");
    }
    if (world_.draw(20) == 0) return error{errc::overloaded, "full, by chance"};
    waiting_.emplace(next_, std::move(call));
    return next_++;
  }
  void cancel(actors::invocation_id id) override {
    answer(id, {error{errc::cancelled, "told to"}});
  }
  void stop(std::chrono::milliseconds) override {
    stopped_ = true;
    while (!waiting_.empty()) cancel(waiting_.begin()->first);
  }
  load current_load() const override { return {waiting_.size(), 0, 0}; }

  /// Calls one of the waiting functions. False if none waits.
  bool run_one() {
    if (waiting_.empty()) return false;
    auto chosen = waiting_.begin();
    std::advance(chosen, static_cast<std::ptrdiff_t>(world_.draw(waiting_.size())));
    auto& call = chosen->second;
    ++world_.calls[call.idempotency_key];
    functions::call_context context{actors::facts_of(call), call.observer, {}, {}};
    answer(chosen->first,
           functions::call(call.function->body, "simulated", *call.state, context, {}));
    return true;
  }

 private:
  void answer(actors::invocation_id id, functions::call_outcome how) {
    const auto found = waiting_.find(id);
    if (found == waiting_.end()) return;
    auto call = std::move(found->second);
    waiting_.erase(found);
    call.state.reset();
    const auto now = from_unix_us(world_.now_us);
    call.done({std::move(how.value), std::move(how.interrupted), now, now});
  }

  world& world_;
  std::map<actors::invocation_id, actors::invocation> waiting_;
  actors::invocation_id next_ = 1;
  bool stopped_ = false;
};

/// A worker outside of the engine: lives on when that is restarted, answers late, and is lost.
class remote_worker {
 public:
  remote_worker(world& w, std::shared_ptr<functions::registry> functions)
      : world_(w), functions_(std::move(functions)) {}

  /// Polls, answers a task, says that it is alive, or forgets a task; or none of these.
  void act(const actors::engine_actors& engine) {
    if (tasks_.size() < 4 && world_.draw(3) == 0) return poll(engine);
    if (tasks_.empty()) return;
    const auto chosen = tasks_.begin() + static_cast<std::ptrdiff_t>(world_.draw(tasks_.size()));
    switch (world_.draw(8)) {
      case 0:
        tasks_.erase(chosen);
        ++lost;
        break;
      case 1:
        caf::anon_send(engine.dispatcher,
                       actors::heartbeat_task{node_of(*chosen), lease_of(*chosen), 0.5, {}, {}});
        break;
      case 2:  // later: perhaps when its lease has run out
        break;
      default:
        answer(engine, *chosen);
        tasks_.erase(chosen);
    }
  }

  std::size_t answered = 0;
  std::size_t refused = 0;
  std::size_t lost = 0;

 private:
  static persistence::keys::task_key node_of(const worker_task& task) {
    const auto& text = task.id.task;
    return {{scope_name{"default"}, task.run},
            static_cast<std::uint32_t>(std::stoul(text.substr(text.rfind('~') + 1)))};
  }
  static std::uint64_t lease_of(const worker_task& task) { return std::stoull(task.id.lease); }

  void poll(const actors::engine_actors& engine) {
    task_poll wanted;
    wanted.worker = "w";
    wanted.queue = "gpu";
    wanted.functions = {"sim.step", "sim.undo"};
    wanted.max = 1 + world_.draw(3);
    wanted.wait = std::chrono::seconds{world_.draw(2)};
    wanted.lease_time = std::chrono::seconds{1 + world_.draw(20)};
    caf::anon_send(engine.dispatcher,
                   actors::poll_tasks{scope_name{"default"}, std::move(wanted),
                                      actors::reply<std::vector<worker_task>>{
                                          [this](result<std::vector<worker_task>> got) {
                                            if (got) take(*got);
                                          }}});
  }

  void take(std::vector<worker_task>& got) {
    for (auto& task : got) {
      ++world_.calls[task.idempotency_key];
      tasks_.push_back(std::move(task));
    }
  }

  void answer(const actors::engine_actors& engine, const worker_task& task) {
    const auto place = node_of(task);
    const functions::call_facts facts{place.run,
                                      task.node,
                                      task.visit,
                                      task.attempt,
                                      task.idempotency_key,
                                      task.args,
                                      task.answer ? &*task.answer : nullptr,
                                      task.trace};
    functions::call_context context{facts, {}, {}, {}};
    auto called = functions::call((*functions_->find(place.run.scope, task.code_ref))->body,
                                  "simulated", *task.state, context, {});
    flow::step_outcome_command ended{
        place.token, {}, task.visit, task.attempt, std::move(called.value)};
    ended.interrupted = std::move(called.interrupted);
    ended.lease = lease_of(task);
    caf::anon_send(engine.shard_of(place.run),
                   actors::run_command{place.run, std::make_shared<flow::command>(std::move(ended)),
                                       actors::reply<actors::command_done>{
                                           [this](const result<actors::command_done>& done) {
                                             ++(done ? answered : refused);
                                           }}});
  }

  world& world_;
  std::shared_ptr<functions::registry> functions_;
  std::vector<worker_task> tasks_;
};

struct system_config : caf::actor_system_config {
  system_config() { set("scheduler.policy", caf::atom("testing")); }
};

/// One life of an engine, from its start over some store to its end.
class life {
 public:
  life(world& w, std::shared_ptr<persistence::memory_store> store, const settings& s,
       std::shared_ptr<functions::registry> functions)
      : world_(w),
        store_(std::move(store)),
        system_(config_),
        scheduler_(dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())) {
    auto executor = std::make_unique<world_executor>(w);
    executor_ = executor.get();
    context_ = std::make_shared<actors::engine_context>(
        s, std::make_unique<world_store>(w, store_), std::make_unique<world_clock>(w),
        std::make_unique<world_chance>(w), std::move(functions), std::move(executor),
        std::make_shared<spdlog::logger>("simulation",
                                         std::make_shared<spdlog::sinks::null_sink_mt>()));
    actors_ = actors::start_actors(system_, context_, actors::blocking_actors::scheduled);
  }

  /// Ends in order; what it still does is nobody's business after a crash was cut out of it.
  ~life() {
    context_->admitted.close(actors::admission::state::stopping);
    context_->executor->stop({});
    caf::anon_send(actors_.supervisor, actors::stop_request{});
    while (run_some_job() || scheduler_.trigger_timeout()) {
    }
    actors_ = {};
  }

  [[nodiscard]] actors::engine_context& context() noexcept { return *context_; }
  [[nodiscard]] const actors::engine_actors& actors() const noexcept { return actors_; }
  [[nodiscard]] persistence::memory_store& store() noexcept { return *store_; }
  /// What there is on the disk, also when this life is over.
  [[nodiscard]] std::shared_ptr<persistence::memory_store> disk() const { return store_; }
  [[nodiscard]] bool has_failed() const noexcept {
    return context_->admitted.now() == actors::admission::state::store_failed;
  }

  /// Something happens: a message, the end of a function, or time goes by. False if nothing can.
  bool step() {
    world_.now_us += static_cast<std::int64_t>(world_.draw(50));
    if (world_.draw(30) == 0 && let_time_pass()) return true;
    if (world_.draw(4) == 0 && executor_->run_one()) return true;
    if (run_some_job()) return true;
    if (executor_->run_one()) return true;
    return let_time_pass();
  }

 private:
  /// Goes on to the next moment that somebody waits for.
  bool let_time_pass() {
    const auto before = system_.clock().now();
    if (!scheduler_.trigger_timeout()) return false;
    world_.now_us +=
        std::chrono::ceil<std::chrono::microseconds>(system_.clock().now() - before).count();
    return true;
  }

  /// Runs one message of an actor chosen by chance.
  bool run_some_job() {
    auto& jobs = scheduler_.jobs;
    if (jobs.empty()) return false;
    const auto chosen = jobs.begin() + static_cast<std::ptrdiff_t>(world_.draw(jobs.size()));
    std::rotate(jobs.begin(), chosen, chosen + 1);
    scheduler_.run_once();
    return true;
  }

  world& world_;
  std::shared_ptr<persistence::memory_store> store_;
  world_executor* executor_ = nullptr;
  system_config config_;
  caf::actor_system system_;
  caf::scheduler::test_coordinator& scheduler_;
  actors::engine_context_ptr context_;
  actors::engine_actors actors_;
};

}  // namespace pawl::simulation
