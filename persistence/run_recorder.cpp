#include "persistence/run_recorder.hpp"

#include <algorithm>
#include <utility>

#include <pawl/assert.hpp>
#include <pawl/detail/placement.hpp>

#include "persistence/codec.hpp"
#include "persistence/keys.hpp"

namespace pawl::persistence {
namespace {

keys::queued_task queued_task_of(const run_key& run, const flow::open_task& open) {
  return {{run.scope, open.task.queue, open.task.code_ref},
          open.task.since,
          {run, open.token},
          open.visit,
          open.attempt};
}

void erase_task(batch& writes, const run_key& run, const flow::open_task& open) {
  if (open.task.lease != 0) return writes.erase(column::indexes, keys::leased({run, open.token}));
  const auto task = queued_task_of(run, open);
  writes.erase(column::indexes, keys::queued(task));
  writes.add(keys::queued_count(task.queue), -1);
}

void put_task(batch& writes, const run_key& run, const flow::open_task& open) {
  if (open.task.lease != 0) {
    return writes.put(column::indexes, keys::leased({run, open.token}), encode_lease(open.task));
  }
  const auto task = queued_task_of(run, open);
  writes.put(column::indexes, keys::queued(task), {});
  writes.add(keys::queued_count(task.queue), 1);
}

/// Updates the indexes of queued and leased tasks.
void write_tasks(batch& writes, const run_key& run, const std::vector<flow::open_task>& before,
                 const std::vector<flow::open_task>& after) {
  const auto is_in = [](const std::vector<flow::open_task>& list, const flow::open_task& task) {
    return std::any_of(list.begin(), list.end(), [&](const flow::open_task& other) {
      return other.token == task.token && other.visit == task.visit &&
             other.attempt == task.attempt && other.task == task.task;
    });
  };
  for (const auto& task : before)
    if (!is_in(after, task)) erase_task(writes, run, task);
  for (const auto& task : after)
    if (!is_in(before, task)) put_task(writes, run, task);
}

/// Records what parents and children must learn about each other's end, even after a crash.
void write_children(batch& writes, const flow::run_state& run, const flow::delta& change,
                    const index_state& before, const index_state& after) {
  for (const auto& orphan : change.children_abandoned) {
    writes.put(column::indexes, keys::orphaned_run({run.key.scope, orphan.child}),
               encode_orphan(orphan));
  }
  for (const auto& id : before.children)
    if (std::find(after.children.begin(), after.children.end(), id) == after.children.end())
      writes.erase(column::indexes, keys::ended({run.key, id}));
  const bool had_ended = before.status && is_finished(*before.status);
  if (run.parent && had_ended && !is_finished(run.status)) {
    writes.put(column::indexes, keys::resumed({{run.key.scope, *run.parent}, run.key.id}), {});
  }
  if (!run.parent || had_ended || !is_finished(run.status)) return;
  writes.put(column::indexes, keys::ended({{run.key.scope, *run.parent}, run.key.id}), {});
  writes.erase(column::indexes, keys::orphaned_run(run.key));
}

/// Moves the run in the lists of runs, or updates its entry there, and counts it.
void write_listing(batch& writes, const flow::run_state& run, const std::string& record,
                   const index_state& before, const index_state& after) {
  const bool moves = before.status != after.status || before.runnable != after.runnable;
  if (before.status && moves) {
    writes.erase(column::indexes,
                 keys::listed_run(run.key, *before.status, before.runnable, run.created_at));
  }
  writes.put(column::indexes, keys::listed_run(run.key, run.status, after.runnable, run.created_at),
             record);
  if (before.status == after.status) return;
  if (before.status) writes.add(keys::runs_with_status(run.key.scope, *before.status), -1);
  writes.add(keys::runs_with_status(run.key.scope, run.status), 1);
}

}  // namespace

index_state index_state_of(const flow::run_state& run) {
  if (run.sequence == 0) return {};
  index_state now{
      run.status, !flow::is_parked(run), flow::next_timer(run), flow::open_tasks(run), {}};
  for (const auto& t : run.tokens)
    if (t.child) now.children.push_back(t.child->id);
  return now;
}

run_recorder::run_recorder(const run_key& run) : hash_(pawl::detail::run_hash(run)) {}

run_recorder::run_recorder(const flow::run_state& run, load_size size)
    : hash_(pawl::detail::run_hash(run.key)), size_(size), indexes_(index_state_of(run)) {}

batch run_recorder::record(const flow::run_state& run, const flow::delta& change,
                           std::uint64_t min_tail_bytes) {
  PAWL_ASSERT_RUN(run.sequence == change.sequence, "the state is the one after the delta");
  batch writes;
  std::string checkpoint = encode_delta(change);
  size_.tail += checkpoint.size();
  writes.put(column::checkpoints, keys::checkpoint(hash_, run.sequence), std::move(checkpoint));
  if (change.input) {
    std::string input = encode_input(*change.input);
    size_.state = input.size();
    writes.put(column::checkpoints, keys::input(hash_), std::move(input));
  }
  if (size_.tail >= std::max(size_.state, min_tail_bytes)) {
    std::string state = encode_state(run);
    size_ = {state.size(), 0};
    writes.put(column::checkpoints, keys::state(hash_), std::move(state));
  }
  const index_state before = std::exchange(indexes_, index_state_of(run));
  // A retry that fails at once leaves the status unchanged, but not the error.
  const bool changes_record = before.status != run.status || change.status;
  if (changes_record || before.runnable != indexes_.runnable) {
    const std::string record = encode_run(run);
    if (changes_record) writes.put(column::runs, keys::run(run.key), record);
    write_listing(writes, run, record, before, indexes_);
  }
  if (before.timer != indexes_.timer) {
    if (before.timer) writes.erase(column::indexes, keys::timer(run.key, *before.timer));
    if (indexes_.timer) writes.put(column::indexes, keys::timer(run.key, *indexes_.timer), {});
  }
  if (!before.tasks.empty() || !indexes_.tasks.empty())
    write_tasks(writes, run.key, before.tasks, indexes_.tasks);
  write_children(writes, run, change, before, indexes_);
  return writes;
}

}  // namespace pawl::persistence
