#include "flow/machine/forking.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

/// Whether a step that runs at most once was under way, or it is unknown whether it was.
bool is_undecided(const compiled_flow& flow, const token& t) {
  const bool was_called = t.phase == token_phase::waiting || t.phase == token_phase::halted;
  return t.in_doubt || (was_called && flow.at(t.node).behaviour->is_called_once());
}

/// The items of a map that are done: they have begun, and no token is inside them.
std::vector<std::uint32_t> done_items(const run_state& run, const token& map,
                                      const map_progress& progress) {
  std::vector<std::uint32_t> done;
  std::vector<std::uint32_t> path = map.branch;
  path.push_back(0);
  for (std::uint32_t item = 0; item < progress.next; ++item) {
    path.back() = item;
    if (run.tokens.forks().tokens_inside(path).empty()) done.push_back(item);
  }
  return done;
}

/// The change that makes the progress of a map out of nothing.
map_change change_to(const run_state& run, const token& map, const map_progress& progress) {
  map_change change;
  change.items = progress.items;
  change.next = progress.next;
  change.failed = progress.failed;
  for (const auto item : done_items(run, map, progress))
    change.results.emplace_back(item, progress.results.at(item));
  return change;
}

void restart(token& t) {
  t.phase = token_phase::arriving;  // keeps its visit
  t.task.reset();
  t.child.reset();
  t.timer.reset();
  t.replaced_children = 0;
  t.repeated_calls = 0;
}

}  // namespace

std::string fork_refusal(const compiled_flow& flow, const run_state& state) {
  if (state.status == run_status::completed) return "it is completed: nothing is left to do";
  if (state.compensating) return "it compensates its steps";
  if (state.tokens.empty()) return "it has ended: no step is left to continue with";
  for (const auto& t : state.tokens) {
    if (t.exit) return "\"" + flow.at(t.node).id + "\" compensates the steps inside it";
    if (!is_undecided(flow, t)) continue;
    return "step \"" + flow.at(t.node).id +
           "\" runs at most once, and it is unknown whether it took effect";
  }
  return "";
}

run_state forked_state(run_state state, time_point now) {
  const auto shift = now - state.frozen_at.value_or(state.updated_at);
  for (const auto id : state.tokens.ids()) {
    token& t = *state.find_token(id);
    if (t.phase == token_phase::waiting || t.phase == token_phase::halted) restart(t);
    if (t.timer && !t.timer->wall_clock) t.timer->due += shift;
    if (t.first_try_at) *t.first_try_at += shift;
  }
  state.tokens.settle();
  state.status = run_status::running;
  state.frozen_at.reset();
  state.error.reset();
  state.output.reset();
  state.compensations.clear();
  state.compensation_bytes = 0;
  return state;
}

void begin_in(transition_builder& builder, const run_state& state) {
  change_set& changes = builder.changes();
  run_state& run = changes.run();
  delta& change = changes.change();
  for (const auto& [key, value] : state.data->items()) {
    const auto known = run.data->find(key);
    if (known == run.data->end() || *known != value) builder.data().write_to_trunk(key, value);
  }
  for (const auto& [key, value] : state.metadata.items())
    if (!run.metadata.contains(key)) builder.data().set_metadata(key, value);
  if (state.vars) builder.data().set_vars(*state.vars);
  for (const auto& t : state.tokens) {
    token placed = t;
    if (!placed.writes.empty()) change.writes_set[placed.id] = *placed.writes;
    changes.mark_changed(placed.id);
    run.tokens.add(std::move(placed));
  }
  run.next_token = change.next_token = state.next_token;
  for (node_index node = 0; node < state.visits.size(); ++node) {
    if (state.visits[node] == 0) continue;
    set_visits(run, node, state.visits[node]);
    change.visits.emplace_back(node, state.visits[node]);
  }
  for (const auto& [id, progress] : state.maps) {
    map_change made = change_to(state, *state.find_token(id), progress);
    change_map(run, id, made);
    change.maps_set.emplace(id, std::move(made));
  }
  for (const auto& [number, kept] : state.inbox.all()) {
    change.signals_added.push_back(kept);
    add_signal(run, kept);
  }
  run.tokens.settle();
}

}  // namespace pawl::flow
