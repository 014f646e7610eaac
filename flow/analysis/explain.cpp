#include "flow/analysis/explain.hpp"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "flow/machine/enclosing.hpp"
#include "flow/machine/machine.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

/// Finds the reasons of one run.
class reason_finder {
 public:
  reason_finder(const compiled_flow& flow, const run_state& run, std::chrono::microseconds lead,
                std::size_t most)
      : flow_(flow), run_(run), lead_(lead), most_(most) {}

  found_reasons find() && {
    if (is_finished(run_.status)) {
      add_end();
      return std::move(found_);
    }
    if (run_.frozen_at) add_pause();
    for (const auto& t : run_.tokens)
      if (t.phase != token_phase::gathering) add(t);
    for (const auto& t : run_.tokens)
      if (t.phase == token_phase::gathering) add_gathering(t);
    return std::move(found_);
  }

 private:
  [[nodiscard]] bool is_frozen() const noexcept { return run_.frozen_at.has_value(); }

  /// Adds a reason of a token, or of the run. Null if there are enough.
  wait_reason* add(std::string_view kind, std::string_view mover, const token* t) {
    if (found_.reasons.size() == most_) {
      ++found_.left_out;
      return nullptr;
    }
    auto& added = found_.reasons.emplace_back();
    added.shown.kind = kind;
    added.shown.mover = mover;
    if (t == nullptr) return &added.shown;
    added.token = t->id;
    added.node = t->node;
    added.wants_event = true;
    added.shown.node = flow_.at(t->node).id;
    added.shown.visit = t->visit;
    added.shown.attempt = t->attempt;
    if (t->timer && t->can_fire()) set_timer(added.shown, *t->timer);
    return &added.shown;
  }

  void set_timer(wait_reason& reason, const timer& set) const {
    if (!is_frozen()) {
      reason.until = set.wall_clock ? set.due : set.due - lead_;
    } else if (!set.wall_clock) {
      const auto left = std::max(set.due - *run_.frozen_at, std::chrono::microseconds{0});
      reason.detail["left_ms"] =
          std::chrono::duration_cast<std::chrono::milliseconds>(left).count();
    } else {
      reason.detail["due"] = to_rfc3339(set.due);
    }
  }

  /// Adds a reason that does not count while the run is paused.
  wait_reason* add_if_not_held(std::string_view kind, std::string_view mover, const token& t) {
    wait_reason* const added = add(kind, mover, &t);
    if (added != nullptr) added->held = is_frozen();
    return added;
  }

  void add_end() {
    const bool failed = run_.status == run_status::failed;
    const bool quarantined = failed && run_.error && run_.error->type == "engine.quarantined";
    wait_reason* const reason = add(quarantined ? "quarantine"
                                    : failed    ? "failure"
                                                : "end",
                                    failed ? "command" : "nobody", nullptr);
    if (reason == nullptr) return;
    reason->since = run_.finished_at;
    reason->detail["status"] = to_string(run_.status);
    if (failed) describe_failure(*reason);
    reason->commands.push_back({"restart"});
  }

  void describe_failure(wait_reason& reason) const {
    if (const auto& error = run_.error) {
      reason.node = error->node;
      reason.attempt = error->attempt;
      reason.detail["error"] = {{"type", error->type}, {"message", error->message}};
      const auto node = flow_.find(error->node);
      // A retry fails there again.
      reason.detail["on_purpose"] = node && flow_.at(*node).type == "fail";
    }
    reason.detail["compensating"] = run_.compensating.has_value();
    if (!can_be_retried(run_)) return;
    reason.commands.push_back({"retry"});
    for (const auto& t : run_.tokens)
      if (t.compensates) reason.commands.push_back({"skip", flow_.at(t.node).id});
  }

  void add_pause() {
    const bool pausing = run_.pausing();
    wait_reason* const reason =
        add(pausing ? "pausing" : "pause", pausing ? "function" : "command", nullptr);
    if (reason == nullptr) return;
    found_.reasons.back().wants_event = true;
    reason->since = *run_.frozen_at - lead_;
    reason->commands.push_back({"resume"});
  }

  void add(const token& t) {
    switch (t.phase) {
      case token_phase::arriving:
      case token_phase::leaving:
        add_if_not_held("step", "engine", t);
        break;
      case token_phase::waiting:
        add_call(t);
        break;
      case token_phase::sleeping:
        add_sleeping(t);
        break;
      default:
        break;  // halted: the run has failed; ended: its branch waits for nothing
    }
  }

  void add_call(const token& t) {
    const node& behaviour = *flow_.at(t.node).behaviour;
    const std::string name = function_called(t, behaviour);
    const bool is_stopping = flow::is_stopping(run_, t);
    const std::string_view kind = t.child ? "run" : t.task ? "worker" : "function";
    wait_reason* const reason = add(kind, kind, &t);
    if (reason == nullptr) return;
    reason->name = t.child ? t.child->id.str() : name;
    if (t.compensates) reason->detail["compensates"] = true;
    if (is_stopping) reason->detail["stopping"] = true;
    if (t.repeated_calls > 0) reason->detail["repeated_calls"] = t.repeated_calls;
    if (t.child) reason->detail["started"] = t.child->started;
    if (t.task) describe_task(*reason, *t.task);
  }

  void describe_task(wait_reason& reason, const remote_task& task) {
    found_.reasons.back().wants_event = false;
    reason.since = task.lease == 0 ? task.since : task.leased_at;
    reason.held = task.lease == 0 && is_frozen();
    reason.detail["queue"] = task.queue;
    if (task.lost > 0) reason.detail["lost_leases"] = task.lost;
    if (task.lease == 0) return;
    reason.detail["worker"] = task.worker;
    reason.detail["lease_ms"] = task.lease_time.count();
  }

  void add_sleeping(const token& t) {
    const compiled_node& place = flow_.at(t.node);
    const auto signals = place.behaviour->awaited_by(run_, t, place);
    if (t.question) {
      if (wait_reason* const reason = add("answer", "answer", &t)) {
        reason->name = question_id(place.id, t);
        reason->detail["question"] = *t.question;
        if (t.in_doubt) reason->detail["in_doubt"] = true;
        reason->commands.push_back({"answer", reason->name});
      }
    }
    for (const auto& signal : signals) {
      wait_reason* const reason = add_if_not_held("signal", "signal", t);
      if (reason == nullptr) continue;
      reason->name = signal;
      reason->commands.push_back({"signal", signal});
      if (const auto kept = run_.inbox.count(signal); kept > 0) reason->detail["kept"] = kept;
    }
    if (t.question || !signals.empty()) return;
    const bool retries = place.type != "wait";
    wait_reason* const reason = add_if_not_held(retries ? "retry" : "timer", "time", t);
    if (reason == nullptr || !retries) return;
    reason->name = function_called(t, *place.behaviour);
    if (t.compensates) reason->detail["compensates"] = true;
  }

  void add_gathering(const token& t) {
    if (const auto map = run_.maps.find(t.id); map != run_.maps.end()) {
      wait_reason* const reason = add("items", "branches", &t);
      if (reason == nullptr) return;
      const map_progress& progress = map->second;
      reason->detail = {{"items", progress.items.size()},
                        {"done", progress.done},
                        {"failed", progress.failed},
                        {"under_way", progress.next - std::min(progress.next, progress.done)}};
      return;
    }
    const compiled_node& place = flow_.at(t.node);
    const bool is_section = place.behaviour->section() != nullptr;
    wait_reason* const reason = add(is_section ? "section" : "branches", "branches", &t);
    if (reason == nullptr) return;
    if (t.exit) {
      const auto steps = std::count_if(
          run_.compensations.begin(), run_.compensations.end(),
          [&](const compensation& c) { return is_within(c, t.branch, t.branch.size()); });
      reason->detail = {{"compensating", true}, {"steps", steps}};
    }
    if (t.exit || is_section) return;
    const auto depth = place.closed_depth(t);
    const auto* const fork =
        depth ? run_.tokens.forks().find(std::span{t.branch}.first(*depth)) : nullptr;
    if (fork == nullptr) return;
    const join_plan* const plan = place.behaviour->join();
    const bool waits_for_all = plan == nullptr || plan->needed == 0;
    reason->detail = {{"branches", fork->branches.size()},
                      {"arrived", fork->complete(t.node)},
                      {"needed", waits_for_all ? fork->branches.size() : plan->needed}};
  }

  const compiled_flow& flow_;
  const run_state& run_;
  const std::chrono::microseconds lead_;
  const std::size_t most_;
  found_reasons found_;
};

/// Whether the wait of a reason began with an event.
bool begins(const found_reason& of, const event& what) {
  using enum event_kind;
  const std::string_view kind = of.shown.kind;
  if (of.token == 0) return what.kind == run_pausing || what.kind == run_paused;
  if (what.node != of.node || what.visit != of.shown.visit) return false;
  if (kind == "timer") return what.kind == wait_began;
  if (kind == "retry") return what.kind == retry_scheduled && what.attempt == of.shown.attempt;
  if (kind == "signal") return what.kind == signal_awaited;
  if (kind == "answer") return what.kind == interrupted;
  if (kind == "branches") return what.kind == branch_arrived;
  if (kind == "items") return what.kind == map_began;
  if (kind == "run" && what.kind == child_started) return true;
  return what.kind == step_started || what.kind == compensation_started ||
         what.kind == step_restarted;
}

}  // namespace

found_reasons find_reasons(const compiled_flow& flow, const run_state& run,
                           std::chrono::microseconds lead, std::size_t most) {
  return reason_finder{flow, run, lead, most}.find();
}

void note_event(found_reason& of, const event& what, time_point at) {
  // What happened before the run was resumed belongs to another pause.
  if (of.token == 0 && what.kind == event_kind::run_resumed) of.wants_event = false;
  if (!of.wants_event || !begins(of, what)) return;
  const bool has_reason = what.detail.is_object() && what.detail.contains("reason");
  // A run that pauses after its calls has the reason in the event before.
  of.wants_event = of.token == 0 && what.kind == event_kind::run_paused && !has_reason;
  wait_reason& reason = of.shown;
  if (!reason.since) reason.since = at;
  if (reason.kind == "retry" && what.detail.is_object()) {
    reason.detail["error"] = {{"type", what.detail.value("type", "")},
                              {"message", what.detail.value("message", "")}};
  }
  if (of.token == 0 && has_reason) reason.detail["reason"] = what.detail["reason"];
}

}  // namespace pawl::flow
