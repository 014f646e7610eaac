#pragma once

#include <algorithm>
#include <string>

#include "flow/machine/delta.hpp"
#include "flow/machine/state.hpp"

namespace pawl::flow::testing {

/// The moves that a run's status may make in one command; staying is no move.
[[nodiscard]] inline bool is_legal_move(run_status from, run_status to) {
  using enum run_status;
  switch (from) {
    case pending:
      return to == running || to == paused || to == cancelled || to == failed;
    case running:
      return to == paused || to == completed || to == failed || to == cancelled;
    case paused:
      // A paused run that the supervisor parks is failed, as every parked run is.
      // What goes on may come to its end in the same transition.
      return to == running || to == completed || to == cancelled || to == failed;
    case failed:
      // A retry may come to the run's end in the same transition, or to a question that is open.
      return to == running || to == completed || to == paused || to == cancelled;
    case completed:
    case cancelled:
      return false;
  }
  return false;
}

namespace detail {

inline std::string broken_tokens(const run_state& run) {
  for (std::size_t i = 0; i < run.tokens.size(); ++i) {
    const token& t = run.tokens[i];
    const std::string name = "token " + std::to_string(t.id) + " ";
    if (t.id == 0 || t.id >= run.next_token) return name + "has an id that was never given out";
    if (i > 0 && run.tokens[i - 1].id >= t.id) return name + "is not behind a smaller one";
    if (t.visit > 0 && (t.node >= run.visits.size() || run.visits[t.node] < t.visit))
      return name + "is on a visit that was not counted";
    if (t.phase == token_phase::ended && t.on_trunk()) return name + "ended and was kept";
    if (t.phase == token_phase::waiting && run.status != run_status::running &&
        !(run.status == run_status::paused && t.task && t.task->lease == 0))
      return name + "waits in a run that is not running";
    if (t.phase == token_phase::sleeping && run.status == run_status::completed)
      return name + "sleeps in a run that is completed";
    if ((t.phase == token_phase::waiting || t.phase == token_phase::sleeping) &&
        (t.visit == 0 || t.attempt == 0))
      return name + "waits without a visit";
    if (!t.writes.is_object()) return name + "has writes that are no object";
    if (t.on_trunk() && !t.writes.empty()) return name + "has writes on the trunk";
    for (const auto& [key, depth] : t.inherited)
      if (!t.writes.contains(key) || depth == 0 || depth >= t.branch.size())
        return name + "inherited what is not there";
    if (t.forks.size() != t.branch.size()) return name + "does not know where it forked";
    // A paused run keeps tasks that nobody has taken.
    if (t.task && t.phase != token_phase::waiting) return name + "has a task and does not wait";
    if (t.child && t.phase != token_phase::waiting)
      return name + "has a run to wait for and does not wait";
    if (t.question && t.phase != token_phase::sleeping) return name + "asks and does not wait";
    if (t.compensates && !run.unwinding) return name + "undoes what is not to be undone";
    if (run.maps.contains(t.id) && t.phase != token_phase::gathering &&
        run.status == run_status::running)
      return name + "has items and does not wait for them";
    for (const auto& other : run.tokens) {
      if (run.maps.contains(t.id)) break;  // its items are behind it
      if (other.id == t.id || other.branch.size() < t.branch.size()) continue;
      if (std::equal(t.branch.begin(), t.branch.end(), other.branch.begin()))
        return name + "has gone on after it forked";
    }
  }
  return "";
}

inline std::string broken_status(const run_state& run) {
  const auto has = [&](auto... phases) {
    return std::any_of(run.tokens.begin(), run.tokens.end(),
                       [&](const token& t) { return ((t.phase == phases) || ...); });
  };
  if (run.finished_at.has_value() != is_finished(run.status))
    return "it has a moment of its end exactly if it has ended: broken";
  if (run.error.has_value() != (run.status == run_status::failed))
    return "it has an error exactly if it failed: broken";
  if (run.status == run_status::completed && !run.tokens.empty())
    return "it is completed, but tokens are left";
  if (run.status == run_status::running && !has(token_phase::waiting, token_phase::arriving,
                                                token_phase::leaving, token_phase::sleeping))
    return "it is running, but nothing will ever move it";
  if (run.frozen_at.has_value() &&
      (run.status == run_status::completed || run.status == run_status::cancelled))
    return "it is over, but its waits stand still";
  for (const auto& [id, map] : run.maps) {
    const auto of = std::find_if(run.tokens.begin(), run.tokens.end(),
                                 [id = id](const token& t) { return t.id == id; });
    if (of == run.tokens.end()) return "it has a map without a token";
    if (map.results.size() != map.items.size() || map.done > map.next || map.failed > map.done ||
        map.next > map.items.size())
      return "a map has lost count of its items";
  }
  const bool works = std::any_of(run.tokens.begin(), run.tokens.end(),
                                 [](const token& t) { return t.under_way(); });
  if (run.pausing() && (run.status != run_status::running || !works))
    return "it is pausing, but waits for nothing";
  for (std::size_t i = 0; i < run.inbox.size(); ++i) {
    if (run.inbox[i].number >= run.next_signal) return "it has a signal that never came";
    if (i > 0 && run.inbox[i].number <= run.inbox[i - 1].number)
      return "its signals are not in the order in which they came";
  }
  if (run.status == run_status::running && has(token_phase::halted))
    return "it is running with a token that was halted";
  return "";
}

}  // namespace detail

/// What is wrong with a run at rest between two commands, or "".
[[nodiscard]] inline std::string broken_invariant(const run_state& run) {
  if (auto wrong = detail::broken_tokens(run); !wrong.empty()) return wrong;
  if (auto wrong = detail::broken_status(run); !wrong.empty()) return wrong;
  if (!run.data->is_object()) return "its data is no object";
  if (approximate_bytes(*run.data) != run.data_bytes + 2) return "its size was not kept up to date";
  if (run.sequence == 0) return "it has no checkpoint";
  if (run.updated_at < run.created_at) return "it was changed before it was made";
  return "";
}

}  // namespace pawl::flow::testing
