#include <memory>
#include <utility>
#include <vector>

#include "actors/supervisor.hpp"
#include "runtime/call_size.hpp"
#include "runtime/callbacks.hpp"
#include "runtime/core.hpp"

namespace pawl {
namespace {

/// The answer to a poll and to the outcomes that came with it. Each of them holds it until it is
/// answered; then the last one answers the caller.
struct joint_answer {
  joint_answer(std::shared_ptr<actors::engine_context> of, callback<std::vector<worker_task>> to)
      : context(std::move(of)), done(std::move(to)) {}
  joint_answer(const joint_answer&) = delete;
  joint_answer& operator=(const joint_answer&) = delete;
  ~joint_answer() {
    call_embedder(*context, [this] { done(std::move(tasks)); });
  }

  const std::shared_ptr<actors::engine_context> context;
  const callback<std::vector<worker_task>> done;
  result<std::vector<worker_task>> tasks = std::vector<worker_task>{};
};

}  // namespace

void engine_core::poll_tasks(const scope_name& in, task_poll wanted, std::vector<ended_task> ended,
                             callback<std::vector<worker_task>> done, std::stop_token withdrawn) {
  using actors::call_kind;
  actors::call_place place{call_kind::poll, in, call_size(wanted)};
  const auto open = admit(place);
  if (!open) {
    for (const auto& each : ended) each.done(open.error());
    return done(open.error());
  }
  if (!ended.empty()) {
    const auto all = std::make_shared<joint_answer>(open->context, std::move(done));
    for (auto& each : ended)
      each.done = [all, done = std::move(each.done)](result<run_changed> how) {
        done(std::move(how));
      };
    done = [all](result<std::vector<worker_task>> tasks) { all->tasks = std::move(tasks); };
  }
  auto answer = reply_to(open->context, std::move(place), std::move(done));
  actors::poll_tasks poll{in, std::move(wanted), std::move(answer), std::move(withdrawn)};
  for (auto& each : ended) {
    flow::command outcome{std::move(each.outcome)};
    actors::call_place own{call_kind::command, in, call_size(outcome)};
    if (const auto admitted = admit(own); !admitted) {
      each.done(admitted.error());
      poll.wanted.wait = {};  // the worker sends this outcome again
      continue;
    }
    poll.outcomes.push_back(make_command(*open, std::move(own), std::move(each.run),
                                         std::move(outcome), std::move(each.done)));
  }
  actors::post(open->actors->dispatcher, std::move(poll));
}

void engine_core::heartbeat_task(const persistence::keys::task_key& task, std::uint64_t lease,
                                 std::optional<double> progress, std::vector<task_log_line> log,
                                 callback<task_heartbeat> done) {
  actors::call_place place{actors::call_kind::command, task.run.scope, call_size(log)};
  const auto open = admit(place);
  if (!open) return done(open.error());
  for (auto& line : log) secrets->mask(task.run.scope, line.message);
  auto answer = reply_to(open->context, std::move(place), std::move(done));
  actors::post(open->actors->dispatcher,
               actors::heartbeat_task{task, lease, progress, std::move(log), std::move(answer)});
}

void engine_core::describe_workers(const scope_name& in, callback<worker_overview> done) {
  actors::call_place place{actors::call_kind::command, in, command_overhead_bytes};
  const auto open = admit(place);
  if (!open) return done(open.error());
  auto answer = reply_to(open->context, std::move(place), std::move(done));
  actors::post(open->actors->dispatcher, actors::describe_workers{in, std::move(answer)});
}

}  // namespace pawl
