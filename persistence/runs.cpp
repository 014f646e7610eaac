#include "persistence/runs.hpp"

#include <algorithm>

#include <pawl/assert.hpp>

#include "flow/machine/machine.hpp"
#include "persistence/keys.hpp"

namespace pawl::persistence {
namespace {

std::string described(const run_key& key) {
  return "run " + key.id.str() + " in scope " + key.scope.str();
}

error corrupt_run(const run_key& key, const std::string& what) {
  return {errc::corrupt, described(key) + ": " + what};
}

/// Names the run and checkpoint in an error.
error with_checkpoint(error failure, const run_key& key, std::string_view checkpoint_key) {
  failure.message = described(key) + ", checkpoint " +
                    std::to_string(keys::sequence_of(checkpoint_key).value_or(0)) + ": " +
                    failure.message;
  return failure;
}

/// Whether a delta can be applied to a state. A delta that cannot has a valid checksum, so a defect
/// wrote it; applying it would read out of bounds.
bool is_applicable(const flow::run_state& state, const flow::delta& change) {
  constexpr flow::node_index node_limit = 1'000'000;  // more than a flow may have
  const auto has = [](const std::vector<flow::token>& tokens, flow::token_id id) {
    return std::any_of(tokens.begin(), tokens.end(),
                       [&](const flow::token& t) { return t.id == id; });
  };
  const auto& removed = change.tokens_removed;
  const auto exists = [&](flow::token_id id) {
    return has(change.tokens_set, id) ||
           (has(state.tokens, id) &&
            std::find(removed.begin(), removed.end(), id) == removed.end());
  };
  const auto map_is_applicable = [&](const auto& entry) {
    const auto& [id, map] = entry;
    const auto known = state.maps.find(id);
    if (map.items ? !map.items->is_array() : known == state.maps.end()) return false;
    const std::size_t items = map.items ? map.items->size() : known->second.items.size();
    return std::all_of(map.results.begin(), map.results.end(),
                       [&](const auto& result) { return result.first < items; });
  };
  return std::all_of(change.writes_set.begin(), change.writes_set.end(),
                     [&](const auto& w) { return exists(w.first); }) &&
         std::all_of(change.maps_set.begin(), change.maps_set.end(), map_is_applicable) &&
         change.compensations_dropped <= state.compensations.size() &&
         std::all_of(change.visits.begin(), change.visits.end(),
                     [&](const auto& v) { return v.first < node_limit; });
}

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

}  // namespace

index_state index_state_of(const flow::run_state& run) {
  if (run.sequence == 0) return {};
  index_state now{
      run.status, !flow::is_parked(run), flow::next_timer(run), flow::open_tasks(run), {}};
  for (const auto& t : run.tokens)
    if (t.child) now.children.push_back(t.child->id);
  return now;
}

batch transition_batch(const flow::run_state& run, const flow::delta& change,
                       const index_state& before, std::uint32_t snapshot_every) {
  PAWL_ASSERT(snapshot_every > 0, "snapshot_every is at least 1");
  PAWL_ASSERT_RUN(run.sequence == change.sequence, "the state is the one after the delta");
  batch writes;
  const bool whole = (run.sequence - 1) % snapshot_every == 0;
  writes.put(column::checkpoints, keys::checkpoint(run.key, run.sequence),
             whole ? encode_snapshot(run, change.events) : encode_delta(change));
  if (change.input)
    writes.put(column::checkpoints, keys::input(run.key), encode_input(*change.input));
  // A retry that fails at once leaves the status unchanged, but not the error.
  if (before.status != run.status || change.status)
    writes.put(column::runs, keys::run(run.key), encode_run(run));
  const index_state after = index_state_of(run);
  if (before.runnable && !after.runnable)
    writes.erase(column::indexes, keys::runnable_run(run.key));
  if (!before.runnable && after.runnable)
    writes.put(column::indexes, keys::runnable_run(run.key), {});
  if (before.timer != after.timer) {
    if (before.timer) writes.erase(column::indexes, keys::timer(run.key, *before.timer));
    if (after.timer) writes.put(column::indexes, keys::timer(run.key, *after.timer), {});
  }
  if (!before.tasks.empty() || !after.tasks.empty())
    write_tasks(writes, run.key, before.tasks, after.tasks);
  write_children(writes, run, change, before, after);
  if (before.status == run.status) return writes;
  if (before.status) {
    writes.erase(column::indexes, keys::run_by_status(run.key, *before.status, run.created_at));
    writes.add(keys::runs_with_status(run.key.scope, *before.status), -1);
  } else {
    writes.put(column::indexes, keys::run_by_creation(run.key, run.created_at), {});
  }
  writes.put(column::indexes, keys::run_by_status(run.key, run.status, run.created_at), {});
  writes.add(keys::runs_with_status(run.key.scope, run.status), 1);
  return writes;
}

result<std::optional<flow::run_state>> load_run(const view& from, const run_key& key,
                                                std::optional<std::uint64_t> at) {
  // For a run that does not exist, a point lookup is far cheaper than an iterator.
  const auto record = from.get(column::runs, keys::run(key));
  if (!record) return record.error();
  if (!*record) return std::optional<flow::run_state>{};
  std::vector<flow::delta> newest_first;
  std::optional<flow::run_state> state;
  std::optional<error> failure;
  view::range keys = keys::checkpoints(key);
  if (at) keys.to = keys::checkpoint(key, *at + 1);
  keys.reverse = true;
  const auto scanned =
      from.scan(column::checkpoints, keys, [&](std::string_view at_key, std::string_view bytes) {
        if (is_snapshot(bytes)) {
          if (auto whole = decode_snapshot(bytes)) {
            state = std::move(whole->run);
          } else {
            failure = with_checkpoint(std::move(whole).error(), key, at_key);
          }
          return view::next::stop;
        }
        auto change = decode_delta(bytes);
        if (!change) {
          failure = with_checkpoint(std::move(change).error(), key, at_key);
          return view::next::stop;
        }
        newest_first.push_back(*std::move(change));
        return view::next::more;
      });
  if (!scanned) return scanned.error();
  if (failure) return *failure;
  if (!state) {
    if (newest_first.empty()) return std::optional<flow::run_state>{};
    return corrupt_run(key, "it has checkpoints, but no snapshot");
  }
  for (auto change = newest_first.rbegin(); change != newest_first.rend(); ++change) {
    if (change->sequence != state->sequence + 1) {
      return corrupt_run(key, "checkpoint " + std::to_string(state->sequence + 1) + " is missing");
    }
    if (!is_applicable(*state, *change)) {
      return corrupt_run(key, "checkpoint " + std::to_string(change->sequence) +
                                  " does not apply to the one before it");
    }
    flow::apply(*state, *change);
  }
  if (at && state->sequence != *at) return std::optional<flow::run_state>{};
  return state;
}

result<std::optional<flow::run_input>> load_input(const view& from, const run_key& key) {
  auto bytes = from.get(column::checkpoints, keys::input(key));
  if (!bytes) return std::move(bytes).error();
  if (!*bytes) return std::optional<flow::run_input>{};
  auto input = decode_input(**bytes);
  if (!input) return with_checkpoint(std::move(input).error(), key, keys::input(key));
  return std::optional{*std::move(input)};
}

result<std::optional<run_record>> load_record(const view& from, const run_key& key) {
  auto bytes = from.get(column::runs, keys::run(key));
  if (!bytes) return std::move(bytes).error();
  if (!*bytes) return std::optional<run_record>{};
  auto record = decode_run(**bytes);
  if (!record) {
    auto failure = std::move(record).error();
    failure.message = described(key) + ": " + failure.message;
    return failure;
  }
  return std::optional{*std::move(record)};
}

result<std::vector<checkpoint_events>> load_history(const view& from, const run_key& key,
                                                    std::uint64_t first, std::size_t limit) {
  std::vector<checkpoint_events> history;
  std::optional<error> failure;
  const auto read = [&](std::string_view at, std::string_view bytes) -> result<void> {
    if (is_snapshot(bytes)) {
      auto whole = decode_snapshot(bytes);
      if (!whole) return with_checkpoint(std::move(whole).error(), key, at);
      history.push_back({whole->run.sequence, whole->run.updated_at, std::move(whole->events)});
    } else {
      auto change = decode_delta(bytes);
      if (!change) return with_checkpoint(std::move(change).error(), key, at);
      history.push_back({change->sequence, change->at, std::move(change->events)});
    }
    return {};
  };
  const auto scanned = from.scan(column::checkpoints, keys::checkpoints(key, first),
                                 [&](std::string_view at, std::string_view bytes) {
                                   if (history.size() == limit) return view::next::stop;
                                   if (auto done = read(at, bytes); !done) {
                                     failure = std::move(done).error();
                                     return view::next::stop;
                                   }
                                   return view::next::more;
                                 });
  if (!scanned) return scanned.error();
  if (failure) return *failure;
  return history;
}

}  // namespace pawl::persistence
