#include <algorithm>
#include <utility>

#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

bool catches(const compiled_edge& edge, const pawl::error& why) {
  return edge.errors.empty() ||
         std::find(edge.errors.begin(), edge.errors.end(), why.error_class()) != edge.errors.end();
}

}  // namespace

/// What waits for calls stops to; a retry takes it up again. Tokens that sleep go on sleeping.
void transition_builder::halt_waiting() {
  for (auto& t : run_.tokens) {
    if (t.phase != token_phase::waiting) continue;
    abandon(t);
    if (t.task || t.child) end_call(t);
    t.phase = token_phase::halted;
    mark_changed(t);
  }
}

void transition_builder::fail_now(run_error error) {
  halt_waiting();
  set_status(run_status::failed);
  record(event_kind::run_failed, {{"type", error.type}, {"message", error.message}});
  run_.error = std::move(error);
  done_.change.error = run_.error;
}

void transition_builder::fail(run_error error) {
  if (begin_unwinding(run_status::failed, error, {})) return;
  fail_now(std::move(error));
}

void transition_builder::cancel(const std::string& reason) {
  if (begin_unwinding(run_status::cancelled, std::nullopt, reason)) return;
  halt_waiting();
  set_status(run_status::cancelled);
  record(event_kind::run_cancelled, reason.empty() ? json{} : json{{"reason", reason}});
}

void transition_builder::revive(const std::string& reason) {
  revived_ = true;
  run_.error.reset();
  done_.change.error = run_.error;
  thaw();
  set_status(run_status::running);
  record(event_kind::run_retried, reason.empty() ? json{} : json{{"reason", reason}});
  std::vector<token_id> lost;
  for (auto& t : run_.tokens) {
    if (run_.unwinding && !t.compensates) lost.push_back(t.id);
    if (t.phase != token_phase::halted) continue;
    t.phase = token_phase::arriving;  // with its visit kept: see `enter`
    mark_changed(t);
  }
  for (const auto id : lost) remove_token(id);  // they were to end when the run began to undo
  deliver_signals();
}

/// Lets a run that has something to undo do that before it ends. False if it has not.
bool transition_builder::begin_unwinding(run_status to, std::optional<run_error> error,
                                         const std::string& reason) {
  if (run_.compensations.empty() || run_.unwinding) return false;
  if (run_.status == run_status::paused) set_status(run_status::running);
  if (run_.frozen_at) thaw();
  run_.unwinding = flow::unwinding{to, std::move(error)};
  done_.change.unwinding = run_.unwinding;
  json detail{{"to", to_string(to)}, {"steps", run_.compensations.size()}};
  if (run_.unwinding->error) {
    detail["type"] = run_.unwinding->error->type;
    detail["message"] = run_.unwinding->error->message;
  }
  if (!reason.empty()) detail["reason"] = reason;
  record(event_kind::compensating, std::move(detail));
  // Calls that are under way are told to stop, and waited for: what they did may have to be undone.
  std::vector<token_id> over;
  for (auto& t : run_.tokens) {
    const auto effects = done_.effects.size();
    if (t.phase == token_phase::waiting) abandon(t);
    const bool is_told = t.task ? t.under_way() : done_.effects.size() > effects;
    if (t.phase != token_phase::waiting || !is_told) over.push_back(t.id);
    // A run that is told to stop ends, however long its own undoing takes.
    if (t.child && t.timer) {
      t.timer.reset();
      mark_changed(t);
    }
  }
  for (const auto id : over) remove_token(id);
  return true;
}

/// The next step of a run on its way to a bad end, when nothing is under way.
void transition_builder::unwind() {
  if (run_.status != run_status::running || run_.pausing() || !run_.unwinding) return;
  if (!run_.tokens.empty()) return;
  if (!run_.compensations.empty()) return undo_last();
  const flow::unwinding end = *run_.unwinding;
  run_.unwinding.reset();
  done_.change.unwinding = run_.unwinding;
  if (end.error) return fail_now(*end.error);
  set_status(end.to);
  record(event_kind::run_cancelled);
}

void transition_builder::undo_last() {
  const compensation& last = run_.compensations.back();
  token& t = place_token(last.node);
  t.visit = last.visit;
  t.compensates = true;
  enter(t);
}

void transition_builder::can_undo(const token& t, json args) {
  compensation added{t.node, t.visit, std::move(args)};
  done_.change.compensations_added.push_back(added);
  run_.compensations.push_back(std::move(added));
}

void transition_builder::undone(token& t) {
  auto& added = done_.change.compensations_added;
  if (added.empty()) {
    ++done_.change.compensations_dropped;
  } else {
    added.pop_back();
  }
  run_.compensations.pop_back();
  remove_token(t.id);
}

bool transition_builder::follow_timeout(token& t) {
  const auto& edge = node_of(t).on_timeout;
  if (!edge) return false;
  follow(t, *edge, "timeout");
  return true;
}

bool transition_builder::follow_error(token& t, const pawl::error& why) {
  const compiled_node& place = node_of(t);
  for (const auto& edge : place.on_error) {
    if (!catches(edge, why)) continue;
    const json told{{"type", why.error_class()},
                    {"message", why.message},
                    {"node", place.id},
                    {"attempt", t.attempt}};
    merge(t, told, edge.into.empty() ? "error" : edge.into);
    follow(t, edge, "error");
    return true;
  }
  return false;
}

void transition_builder::fail_at(token& t, const pawl::error& why) {
  if (!t.compensates && follow_error(t, why)) return;
  fail_visit(t, why);
}

/// As above, for what no edge of this node is meant for.
void transition_builder::fail_visit(token& t, const pawl::error& why) {
  run_error error{std::string{why.error_class()}, why.message, node_of(t).id, t.attempt};
  t.phase = token_phase::halted;
  mark_changed(t);
  if (t.compensates) {
    error.type = "compensation_failed";
    error.message = "node \"" + error.node + "\" could not be undone: " + why.message;
    return fail_now(std::move(error));
  }
  if (!tolerate(t, why)) fail(std::move(error));
}

void transition_builder::fail_step(token& t, const pawl::error& why, std::int64_t us) {
  record(t.compensates ? event_kind::compensation_failed : event_kind::step_failed, t,
         {{"type", why.error_class()}, {"message", why.message}, {"us", us}});
  fail_at(t, why);
}

/// Fails the run at a node that has done its work: a retry chooses the edges again, and does not
/// visit the node again.
void transition_builder::fail_leaving(token& t, const pawl::error& why) {
  run_error error{std::string{why.error_class()}, why.message, node_of(t).id, t.attempt};
  t.phase = token_phase::leaving;
  mark_changed(t);
  if (!tolerate(t, why)) fail(std::move(error));
}

/// Fails an item of a map all of whose tokens have ended, `t` among them. They stay as they are: a
/// retry puts together once more what they came to, and does no step again.
void transition_builder::fail_item(token_id map, token& t, const pawl::error& why) {
  const token& of = *run_.find_token(map);
  run_error error{std::string{why.error_class()}, why.message, node_of(of).id, of.attempt};
  if (!tolerate(t, why)) fail(std::move(error));
}

/// Lets a map that the token is in an item of take the failure, the innermost first: as the failure
/// of that item, if it tolerates one more, or by an edge of its own.
bool transition_builder::tolerate(token& t, const pawl::error& why) {
  const std::vector<std::uint32_t> branch = t.branch;
  const std::vector<node_index> forks = t.forks;
  const std::string node = node_of(t).id;
  for (std::size_t level = forks.size(); level-- > 0;) {
    const map_plan* const plan = flow_.at(forks[level]).behaviour->map();
    if (plan == nullptr) continue;
    const auto holds = [&](const token& o) {
      return run_.maps.contains(o.id) && o.branch.size() == level &&
             std::equal(o.branch.begin(), o.branch.end(), branch.begin());
    };
    const auto map = std::find_if(run_.tokens.begin(), run_.tokens.end(), holds);
    if (map == run_.tokens.end()) continue;
    const map_progress& progress = run_.maps.at(map->id);
    const bool bears = progress.failed < plan->tolerated(progress.items.size());
    const auto& edges = node_of(*map).on_error;
    const bool caught = std::any_of(edges.begin(), edges.end(),
                                    [&](const compiled_edge& e) { return catches(e, why); });
    if (!bears && !caught) continue;
    const token_id id = map->id;
    drop_branches(branch, bears ? level + 1 : level, id);
    if (bears) {
      finish_item(
          id, branch[level],
          {{"error", {{"type", why.error_class()}, {"message", why.message}, {"node", node}}}},
          true);
    } else {
      done_.change.maps_set.erase(id);
      if (id < first_new_token_) done_.change.maps_removed.push_back(id);
      run_.maps.erase(id);
      return follow_error(*run_.find_token(id), why);
    }
    return true;
  }
  return false;
}

}  // namespace pawl::flow
