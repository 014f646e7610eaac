#pragma once

#include <algorithm>
#include <string>

#include "flow/machine/delta.hpp"
#include "flow/machine/state.hpp"
#include "flow/values/json_size.hpp"

namespace pawl::flow::testing {

/// Whether one command may change the status of a run like this. Keeping it is not a change.
[[nodiscard]] inline bool is_legal_move(run_status from, run_status to) {
  using enum run_status;
  switch (from) {
    case running:
      return to == paused || to == completed || to == failed || to == cancelled;
    case paused:
      // A quarantined run has failed. A resumed run may end in the same transition.
      return to == running || to == completed || to == cancelled || to == failed;
    case failed:
      // A retried run may end in the same transition, or have an open question.
      return to == running || to == completed || to == paused || to == cancelled;
    case completed:
    case cancelled:
      return false;
  }
  return false;
}

namespace detail {

inline std::string broken_tokens(const run_state& run) {
  for (const token& t : run.tokens) {
    const std::string name = "token " + std::to_string(t.id) + " ";
    if (t.id == 0 || t.id >= run.next_token) return name + "has an id that was never assigned";
    if (t.visit > 0 && (t.node >= run.visits.size() || run.visits[t.node] < t.visit))
      return name + "is on a visit that was not counted";
    if (t.phase == token_phase::ended && t.on_trunk())
      return name + "has ended on the trunk and was kept";
    if (t.phase == token_phase::waiting && run.status != run_status::running &&
        !(run.status == run_status::paused && t.task && t.task->lease == 0))
      return name + "waits in a run that is not running";
    if (t.phase == token_phase::sleeping && run.status == run_status::completed)
      return name + "sleeps in a run that is completed";
    if ((t.phase == token_phase::waiting || t.phase == token_phase::sleeping) &&
        (t.visit == 0 || t.attempt == 0))
      return name + "waits without a visit";
    if (!t.writes.empty() && t.writes.bytes() != json_size(*t.writes))
      return name + "has writes of another size";
    if (t.on_trunk() && !t.writes.empty()) return name + "has writes on the trunk";
    for (const auto& [key, depth] : t.inherited)
      if (!t.writes->contains(key) || depth == 0 || depth >= t.branch.size())
        return name + "has inherited keys that it does not have";
    if (t.forks.size() != t.branch.size()) return name + "does not have a node for each fork";
    // A paused run keeps tasks that are not leased.
    if (t.task && t.phase != token_phase::waiting) return name + "has a task, but does not wait";
    if (t.child && t.phase != token_phase::waiting)
      return name + "has a child run, but does not wait";
    if (t.question && t.phase != token_phase::sleeping)
      return name + "has a question, but does not sleep";
    const bool is_undone = std::any_of(run.tokens.begin(), run.tokens.end(), [&](const token& o) {
      return o.exit && o.branch.size() < t.branch.size() &&
             std::equal(o.branch.begin(), o.branch.end(), t.branch.begin());
    });
    if (t.compensates && !run.compensating && !is_undone)
      return name + "compensates, but nothing around it does";
    if (t.stopping && !run.compensating && !is_undone && run.status != run_status::cancelled)
      return name + "is stopping, but nothing around it compensates";
    if (is_undone && !t.compensates && !t.stopping && run.status != run_status::cancelled)
      return name + "goes on inside a part that is being compensated";
    if (t.exit && t.phase != token_phase::gathering)
      return name + "does not wait for the compensation inside it";
    if (run.maps.contains(t.id) && t.phase != token_phase::gathering &&
        run.status == run_status::running)
      return name + "has items, but does not gather them";
    for (const auto& other : run.tokens) {
      // The tokens of its items or its body.
      if (run.maps.contains(t.id) || t.phase == token_phase::gathering) break;
      // A section that has failed, and is about to go on after a retry.
      if (t.visit > 0 && (t.phase == token_phase::halted || t.phase == token_phase::arriving))
        break;
      if (other.id == t.id || other.branch.size() < t.branch.size()) continue;
      if (std::equal(t.branch.begin(), t.branch.end(), other.branch.begin()))
        return name + "still exists after it forked";
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
    return "it must have an end time exactly if it has finished";
  if (run.error.has_value() != (run.status == run_status::failed))
    return "it must have an error exactly if it has failed";
  if (run.status == run_status::completed && !run.tokens.empty())
    return "it is completed, but tokens are left";
  if (run.status == run_status::running && !has(token_phase::waiting, token_phase::arriving,
                                                token_phase::leaving, token_phase::sleeping))
    return "it is running, but nothing can move it";
  if (run.frozen_at.has_value() &&
      (run.status == run_status::completed || run.status == run_status::cancelled))
    return "it has ended, but its waits are frozen";
  for (const auto& [id, map] : run.maps) {
    const auto of = std::find_if(run.tokens.begin(), run.tokens.end(),
                                 [id = id](const token& t) { return t.id == id; });
    if (of == run.tokens.end()) return "a map has no token";
    if (map.results.size() != map.items.size() || map.done > map.next || map.failed > map.done ||
        map.next > map.items.size())
      return "a map counts its items wrongly";
  }
  const bool under_way = std::any_of(run.tokens.begin(), run.tokens.end(),
                                     [](const token& t) { return t.under_way(); });
  if (run.pausing() && (run.status != run_status::running || !under_way))
    return "it is pausing, but has nothing under way";
  if (!run.inbox.empty() && run.inbox.all().rbegin()->first >= run.next_signal)
    return "a signal has a number that was never assigned";
  if (run.status == run_status::running && has(token_phase::halted))
    return "it is running, but a token is halted";
  return "";
}

}  // namespace detail

/// The invariant that a run breaks between two commands, or "". `clock_set_back`: the wall clock
/// may have been set back while the run existed.
[[nodiscard]] inline std::string broken_invariant(const run_state& run,
                                                  bool clock_set_back = false) {
  if (auto wrong = detail::broken_tokens(run); !wrong.empty()) return wrong;
  if (auto wrong = detail::broken_status(run); !wrong.empty()) return wrong;
  if (!run.data->is_object()) return "its data is not an object";
  if (json_size(*run.data) != run.data_bytes + json_container_size)
    return "the size of its data is wrong";
  if (const auto wrong = run.tokens.broken_index(); !wrong.empty()) return std::string{wrong};
  for (const auto& step : run.compensations) {
    const auto fits = [&](const token& t) {
      const std::size_t shared = std::min(t.branch.size(), step.within.size());
      return std::equal(step.within.begin(),
                        step.within.begin() + static_cast<std::ptrdiff_t>(shared),
                        t.branch.begin());
    };
    if (!step.within.empty() && !run.compensating && !is_finished(run.status) &&
        std::none_of(run.tokens.begin(), run.tokens.end(), fits))
      return "a compensation belongs to a branch that is gone";
  }
  std::size_t map_bytes = 0, compensation_bytes = 0;
  for (const auto& [id, map] : run.maps) map_bytes += map.bytes;
  for (const auto& step : run.compensations) compensation_bytes += json_size(step.args);
  if (map_bytes != run.map_bytes) return "the size of its maps is wrong";
  if (compensation_bytes != run.compensation_bytes) return "the size of its compensations is wrong";
  if (run.sequence == 0) return "it has no checkpoint";
  if (!clock_set_back && run.updated_at < run.created_at)
    return "it was changed before it was created";
  return "";
}

}  // namespace pawl::flow::testing
