#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/mail.hpp"
#include "actors/messages.hpp"
#include "actors/supervisor.hpp"
#include "functions/call.hpp"
#include "functions/registry.hpp"
#include "tests/simulation/world.hpp"

namespace pawl::simulation {

/// A worker outside of the engine. Survives restarts of the engine, answers late, alone or with a
/// poll, and loses tasks.
class remote_worker {
 public:
  remote_worker(world& w, std::shared_ptr<functions::registry> functions)
      : world_(w), functions_(std::move(functions)) {}

  /// Polls, answers tasks, sends a heartbeat, loses a task, or does nothing.
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
        actors::post(engine.dispatcher,
                     actors::heartbeat_task{key_of(*chosen), lease_of(*chosen), 0.5, {}, {}});
        break;
      case 2:  // later: perhaps when its lease has run out
        break;
      case 3:
      case 4:
        poll(engine, std::exchange(tasks_, {}));
        break;
      default:
        actors::post(engine.shard_of({scope_name{"default"}, chosen->run}), outcome_of(*chosen));
        tasks_.erase(chosen);
    }
  }

  std::size_t answered = 0;
  std::size_t refused = 0;
  std::size_t lost = 0;

 private:
  static persistence::keys::task_key key_of(const worker_task& task) {
    const auto& text = task.id.task;
    return {{scope_name{"default"}, task.run},
            static_cast<std::uint32_t>(std::stoul(text.substr(text.rfind('~') + 1)))};
  }
  static std::uint64_t lease_of(const worker_task& task) { return std::stoull(task.id.lease); }

  /// Polls, and answers tasks with it.
  void poll(const actors::engine_actors& engine, const std::vector<worker_task>& ended = {}) {
    task_poll wanted;
    wanted.worker = "w";
    wanted.queue = "gpu";
    wanted.functions = {"sim.step", "sim.undo"};
    wanted.max = 1 + world_.draw(3);
    wanted.wait = std::chrono::seconds{world_.draw(2)};
    wanted.lease_time = std::chrono::seconds{1 + world_.draw(20)};
    actors::poll_tasks message{
        scope_name{"default"}, std::move(wanted),
        actors::reply<std::vector<worker_task>>{[this](result<std::vector<worker_task>> got) {
          if (got) take(*got);
        }}};
    for (const auto& task : ended) message.outcomes.push_back(outcome_of(task));
    actors::post(engine.dispatcher, std::move(message));
  }

  void take(std::vector<worker_task>& got) {
    for (auto& task : got) {
      ++world_.calls[task.idempotency_key];
      tasks_.push_back(std::move(task));
    }
  }

  actors::run_command outcome_of(const worker_task& task) {
    const auto key = key_of(task);
    const functions::call_facts facts{key.run,
                                      task.node,
                                      task.visit,
                                      task.attempt,
                                      task.idempotency_key,
                                      task.args,
                                      task.answer ? &*task.answer : nullptr,
                                      task.trace};
    functions::call_context context{facts, {}, {}, {}};
    auto called = functions::call((*functions_->find(key.run.scope, task.code_ref))->body,
                                  "simulated", task.state, context, {});
    flow::step_outcome_command ended{
        key.token, {}, task.visit, task.attempt, std::move(called.value)};
    ended.interrupted = std::move(called.interrupted);
    ended.lease = lease_of(task);
    return {key.run, std::make_shared<flow::command>(std::move(ended)),
            actors::reply<actors::command_done>{[this](const result<actors::command_done>& done) {
              ++(done ? answered : refused);
            }}};
  }

  world& world_;
  std::shared_ptr<functions::registry> functions_;
  std::vector<worker_task> tasks_;
};

}  // namespace pawl::simulation
