#include "actors/worker_tasks.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <spdlog/spdlog.h>

#include "flow/machine/machine.hpp"
#include "persistence/codec.hpp"

namespace pawl::actors {
namespace {

using persistence::column;
using persistence::view;
using persistence::keys::task_queue;

/// When the next task of a queue was queued.
std::optional<time_point> oldest_in(const engine_context& context, const task_queue& name) {
  std::optional<time_point> since;
  const auto scanned =
      context.store->durable_view()->scan(column::indexes, persistence::keys::queued_in(name),
                                          [&](std::string_view key, std::string_view) {
                                            if (const auto task = persistence::keys::queued_of(key))
                                              since = task->since;
                                            return view::next::stop;
                                          });
  if (!scanned) context.log->error("cannot read queued tasks: {}", scanned.error().message);
  return since;
}

/// Reads how many tasks are queued in each queue of a range that has some.
template <class Use>
result<void> for_each_count(const engine_context& context, const view::range& counts, Use use) {
  return context.store->durable_view()->scan(
      column::counters, counts, [&](std::string_view key, std::string_view value) {
        const auto of = persistence::keys::task_queue_of(key);
        const auto sum = persistence::decode_counter(value);
        if (of && sum && *sum > 0) use(*of, static_cast<std::uint64_t>(*sum));
        return view::next::more;
      });
}

}  // namespace

result<worker_task> make_worker_task(const engine_context& context,
                                     const persistence::keys::task_key& key, const lease& l,
                                     const flow::invoke_effect& call, const flow_version_id& flow) {
  const engine_time::reading now = context.engine_time->read();
  worker_task task;
  task.args = call.args;
  if (call.secrets) {
    if (auto filled = context.secrets->fill(task.args, *call.secrets, key.run.scope); !filled)
      return std::move(filled).error();
  }
  task.id = {key.run.id.str() + "~" + std::to_string(key.token) + "." + std::to_string(call.visit) +
                 "." + std::to_string(call.attempt),
             std::to_string(l.number)};
  task.run = key.run.id;
  task.flow = flow;
  task.node = call.node;
  task.visit = call.visit;
  task.attempt = call.attempt;
  task.code_ref = call.code_ref;
  task.state = call.state;
  task.idempotency_key = flow::idempotency_key(key.run, call.node, call.visit, call.compensates);
  task.answer = call.answer;
  task.lease_time = l.length;
  task.trace = call.trace;
  if (call.timeout.count() > 0) task.timeout_at = now.wall_clock + call.timeout;
  if (call.deadline) {
    const time_point deadline = *call.deadline - (now.engine_time - now.wall_clock);
    task.timeout_at = std::min(deadline, task.timeout_at.value_or(deadline));
  }
  return task;
}

void take_places_of_queued_tasks(engine_context& context) {
  const auto scanned = for_each_count(context, persistence::keys::queued_counts(),
                                      [&](const task_queue& of, std::uint64_t count) {
                                        context.queued_tasks.take(of.scope, count);
                                      });
  if (!scanned)
    context.log->error("cannot count the queued tasks of workers: {}", scanned.error().message);
}

result<worker_overview> describe_scope(const engine_context& context, const scope_name& scope,
                                       const lease_table& leases, const worker_list& workers) {
  std::map<task_queue, task_queue_info> queues;
  const auto info = [&](const task_queue& of) -> task_queue_info& {
    const auto [found, is_new] = queues.try_emplace(of);
    if (is_new) found->second = {of.queue, of.code_ref, 0, 0};
    return found->second;
  };
  const auto scanned =
      for_each_count(context, persistence::keys::queued_counts(scope),
                     [&](const task_queue& of, std::uint64_t count) { info(of).queued = count; });
  if (!scanned) return scanned.error();
  for (auto& [of, each] : queues) each.oldest_at = oldest_in(context, of);
  std::map<std::string, std::size_t> leased;  // by worker
  leases.for_each([&](const persistence::keys::task_key& key, const lease& l) {
    if (key.run.scope != scope) return;
    ++info(l.queue).leased;
    ++leased[l.worker];
  });
  worker_overview all;
  workers.for_each_in(scope, [&](const std::string& name, const worker_list::worker& w) {
    all.workers.push_back({name, w.queue, w.functions, leased[name], w.seen_at});
  });
  for (auto& [of, each] : queues) all.queues.push_back(std::move(each));
  return all;
}

}  // namespace pawl::actors
