#include "persistence/run_recorder.hpp"

#include <algorithm>
#include <utility>

#include <pawl/assert.hpp>
#include <pawl/detail/placement.hpp>

#include "flow/machine/listed_waits.hpp"
#include "persistence/blobs.hpp"
#include "persistence/codec.hpp"
#include "persistence/keys.hpp"
#include "persistence/run_counts.hpp"

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

/// Updates the index of timers of a kind.
void write_timer(batch& writes, const run_key& run, timer_kind kind,
                 const std::optional<time_point>& before, const std::optional<time_point>& after) {
  if (before == after) return;
  if (before) writes.erase(column::indexes, keys::timer(kind, run, *before));
  if (after) writes.put(column::indexes, keys::timer(kind, run, *after), {});
}

/// Updates the indexes of queued and leased tasks.
void write_tasks(batch& writes, const run_key& run, const task_changes& changed) {
  const auto is_in = [](const std::vector<flow::open_task>& list, const flow::open_task& task) {
    const flow::open_task* const other = find_task(list, task.token);
    return other != nullptr && other->visit == task.visit && other->attempt == task.attempt &&
           other->task == task.task;
  };
  for (const auto& task : changed.before)
    if (!is_in(changed.after, task)) erase_task(writes, run, task);
  for (const auto& task : changed.after)
    if (!is_in(changed.before, task)) put_task(writes, run, task);
}

/// Records what parents and children must learn about each other's end, even after a crash.
void write_family(batch& writes, const flow::run_state& run, const flow::delta& change,
                  const index_state& before) {
  for (const auto& orphan : change.children_abandoned) {
    writes.put(column::indexes, keys::orphaned_run({run.key.scope, orphan.child}),
               encode_orphan(orphan));
  }
  const bool had_ended = before.status && is_finished(*before.status);
  if (run.parent && had_ended && !is_finished(run.status)) {
    writes.put(column::indexes, keys::resumed({{run.key.scope, *run.parent}, run.key.id}), {});
  }
  if (!run.parent || had_ended || !is_finished(run.status)) return;
  writes.put(column::indexes, keys::ended({{run.key.scope, *run.parent}, run.key.id}), {});
  writes.erase(column::indexes, keys::orphaned_run(run.key));
}

/// The tokens that a transition changed or removed, ascending.
std::vector<flow::token_id> touched(const flow::delta& change) {
  std::vector<flow::token_id> ids = change.tokens_removed;
  for (const auto& t : change.tokens_set) ids.push_back(t.id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

/// Moves the run in the lists of runs, or updates its entry there, and counts it.
void write_listing(batch& writes, const flow::run_state& run, std::string entry,
                   const index_state& before, const index_state& after) {
  const bool moves = before.status != after.status || before.runnable != after.runnable;
  if (before.status && moves) {
    writes.erase(column::indexes,
                 keys::listed_run(run.key, *before.status, before.runnable, run.created_at));
  }
  writes.put(column::indexes, keys::listed_run(run.key, run.status, after.runnable, run.created_at),
             std::move(entry));
  if (!before.status) index_flow(writes, run.key, run.flow.name, run.created_at);
  if (before.terms != after.terms)
    index_terms(writes, run.key, run.created_at, before.terms, after.terms);
  std::optional<counted_run> was;
  if (before.status) was = counted_run{*before.status, run.created_at, before.terms.finished_at};
  count_run(writes, run.key.scope, run.flow.name, was,
            counted_run{run.status, run.created_at, run.finished_at});
}

}  // namespace

const flow::open_task* find_task(const std::vector<flow::open_task>& in,
                                 flow::token_id of) noexcept {
  const auto found = std::lower_bound(
      in.begin(), in.end(), of,
      [](const flow::open_task& each, flow::token_id token) { return each.token < token; });
  return found == in.end() || found->token != of ? nullptr : &*found;
}

index_state index_state_of(const flow::run_state& run, const flow::compiled_flow& flow) {
  if (run.sequence == 0) return {};
  run_terms terms{run.finished_at, {}, flow::listed_waits(flow, run), run.attributes};
  if (run.error) terms.error = run.error->type;
  return {run.status, !flow::is_parked(run), flow::next_timers(run), std::move(terms)};
}

run_recorder::run_recorder(const run_key& run) : hash_(pawl::detail::run_hash(run)) {}

run_recorder::run_recorder(const flow::run_state& run, const flow::compiled_flow& flow,
                           load_size size)
    : hash_(pawl::detail::run_hash(run.key)), size_(size), indexes_(index_state_of(run, flow)) {
  for (const auto& t : run.tokens) {
    if (auto task = flow::open_task_of(run, t)) tasks_.emplace(t.id, *std::move(task));
    if (t.child) children_.emplace(t.id, t.child->id);
  }
}

recorded_transition run_recorder::record(const flow::run_state& run,
                                         const flow::compiled_flow& flow, const flow::delta& change,
                                         std::uint64_t min_tail_bytes) {
  PAWL_ASSERT_RUN(run.sequence == change.sequence, "the state is the one after the delta");
  recorded_transition made;
  batch& writes = made.writes;
  std::string checkpoint = encode_delta(change);
  size_.tail += checkpoint.size();
  hold_named_blobs(writes, run.key, hash_, run.sequence, checkpoint);
  writes.put_of(run.key.scope, column::checkpoints, keys::checkpoint(hash_, run.sequence),
                std::move(checkpoint));
  if (change.input) {
    std::string input = encode_input(*change.input);
    size_.state = input.size();
    hold_named_blobs(writes, run.key, hash_, 0, input);
    writes.put_of(run.key.scope, column::checkpoints, keys::input(hash_), std::move(input));
  }
  if (size_.tail >= std::max(size_.state, min_tail_bytes)) {
    std::string state = encode_state(run);
    size_ = {state.size(), 0};
    writes.put_of(run.key.scope, column::checkpoints, keys::state(hash_), std::move(state));
    made.wrote_state = true;
  }
  made.before = std::exchange(indexes_, index_state_of(run, flow));
  made.after = indexes_;
  // A retry that fails at once leaves the status unchanged, but not the error.
  const bool changes_record =
      made.before.status != run.status || change.status || change.attributes;
  if (changes_record || made.before.runnable != indexes_.runnable ||
      made.before.terms != indexes_.terms) {
    const auto& waits = indexes_.terms.waits;
    std::string entry = encode_run(run, waits);
    if (changes_record)
      writes.put(column::runs, keys::run(run.key), waits.empty() ? entry : encode_run(run));
    write_listing(writes, run, std::move(entry), made.before, indexes_);
  }
  write_timer(writes, run.key, timer_kind::time, made.before.timers.time, indexes_.timers.time);
  write_timer(writes, run.key, timer_kind::duration, made.before.timers.duration,
              indexes_.timers.duration);
  auto tokens = touched(change);
  update_children(run, tokens, writes);
  made.tasks = update_tasks(run, change, std::move(tokens));
  write_tasks(writes, run.key, made.tasks);
  write_family(writes, run, change, made.before);
  return made;
}

task_changes run_recorder::update_tasks(const flow::run_state& run, const flow::delta& change,
                                        std::vector<flow::token_id> ids) {
  task_changes changes;
  // These decide for all tasks whether workers may have them.
  const bool concerns_all = change.status || change.frozen_at || change.compensating;
  if (concerns_all) {
    for (const auto& [id, task] : tasks_) ids.push_back(id);
    const auto& with_tasks = run.tokens.with_tasks();
    ids.insert(ids.end(), with_tasks.begin(), with_tasks.end());
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  }
  for (const auto id : ids) update_task(run, id, changes);
  return changes;
}

void run_recorder::update_task(const flow::run_state& run, flow::token_id id,
                               task_changes& changes) {
  const auto known = tasks_.find(id);
  const flow::token* const t = run.find_token(id);
  auto now = t == nullptr ? std::nullopt : flow::open_task_of(run, *t);
  if (known != tasks_.end()) {
    if (now && known->second == *now) return;
    changes.before.push_back(std::move(known->second));
    tasks_.erase(known);
  }
  if (!now) return;
  changes.after.push_back(*now);
  tasks_.emplace(id, *std::move(now));
}

/// Erases the notices of children that the run does not wait for any more.
void run_recorder::update_children(const flow::run_state& run,
                                   const std::vector<flow::token_id>& touched, batch& writes) {
  for (const auto id : touched) {
    const auto known = children_.find(id);
    const flow::token* const t = run.find_token(id);
    const bool waits = t != nullptr && t->child;
    if (known != children_.end()) {
      if (waits && known->second == t->child->id) continue;
      writes.erase(column::indexes, keys::ended({run.key, known->second}));
      children_.erase(known);
    }
    if (waits) children_.emplace(id, t->child->id);
  }
}

}  // namespace pawl::persistence
