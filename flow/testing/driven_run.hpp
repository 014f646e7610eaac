#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <pawl/assert.hpp>

#include "flow/machine/history.hpp"
#include "flow/machine/machine.hpp"
#include "flow/testing/flows.hpp"

namespace pawl::flow::testing {

/// When the next timer of a run whose clock is not set back is due.
inline std::optional<time_point> next_timer(const run_state& run) {
  const due_times next = next_timers(run);
  if (next.time && next.duration) return std::min(*next.time, *next.duration);
  return next.time ? next.time : next.duration;
}

/// A run that a test drives: it applies commands, and keeps the requested effects until the test
/// performs them. Each accepted command advances the clocks by one second.
class driven_run {
 public:
  explicit driven_run(std::shared_ptr<const compiled_flow> flow) : flow_(std::move(flow)) {}
  explicit driven_run(const json& source, const limits& allowed = {})
      : driven_run(compiled(source, allowed)) {}

  [[nodiscard]] const compiled_flow& flow() const noexcept { return *flow_; }
  [[nodiscard]] const run_state& state() const noexcept { return state_; }
  [[nodiscard]] run_status status() const noexcept { return state_.status; }
  [[nodiscard]] const json& data() const noexcept { return *state_.data; }
  [[nodiscard]] time_point now() const noexcept { return now_; }
  /// Advances the clocks.
  void advance_clock(std::chrono::milliseconds time) { now_ += time; }
  /// Sets the wall clock back. `now` is the engine time from then on.
  void set_clock_back(std::chrono::milliseconds by) { lead_ += by; }
  /// Sets the function that names the task queue of a call.
  void set_queues(std::function<std::string(const invoke_effect&)> queue_of) {
    queue_of_ = std::move(queue_of);
  }
  /// Sets the function that makes calls within a transition; see `apply_context::call_now`.
  void set_call_now(std::function<bool(invoke_effect&, step_outcome_command&)> call_now) {
    call_now_ = std::move(call_now);
  }
  /// For tests of states that no command leads to.
  [[nodiscard]] run_state& mutable_state() noexcept { return state_; }

  /// The outstanding effects: calls by their token, and whether the run is to be advanced.
  [[nodiscard]] const std::map<token_id, invoke_effect>& calls() const noexcept { return calls_; }
  [[nodiscard]] bool advance_due() const noexcept { return advance_due_; }
  /// The last transition.
  [[nodiscard]] const transition& last() const noexcept { return last_; }
  [[nodiscard]] const std::vector<event>& events() const noexcept { return events_; }

  result<void> apply(command c) {
    const bool is_advance = std::holds_alternative<advance_command>(c);
    if (const auto* const outcome = std::get_if<step_outcome_command>(&c)) {
      const auto call = calls_.find(outcome->token);
      if (call != calls_.end() && waits_for(*flow_, state_, outcome->token, outcome->node,
                                            outcome->visit, outcome->attempt))
        calls_.erase(call);
    }
    const auto* const doubt = std::get_if<in_doubt_command>(&c);
    const token_id lost = doubt != nullptr ? doubt->token : 0;
    std::optional<token_id> handled;  // a call that is queued or a child run by now
    if (const auto* const task = std::get_if<enqueue_task_command>(&c)) handled = task->token;
    if (const auto* const child = std::get_if<child_started_command>(&c)) handled = child->token;
    apply_context context{now() - lead_, now()};
    context.queue_of = queue_of_;
    context.call_now = call_now_;
    auto done = flow::apply(*flow_, state_, std::move(c), context);
    if (!done) return std::move(done).error();
    calls_.erase(lost);  // that call was interrupted
    if (handled) calls_.erase(*handled);
    if (is_advance) advance_due_ = false;
    now_ += std::chrono::seconds{1};
    last_ = *std::move(done);
    if (last_.changes_nothing()) return {};
    for (const auto& e : last_.change.events) events_.push_back(e);
    for (const auto& e : last_.effects) remember(e);
    // Another transition may have made the advance unnecessary.
    PAWL_ASSERT(!has_runnable(state_) || advance_due_,
                "a run has runnable tokens, but no advance was requested");
    advance_due_ = has_runnable(state_);
    return {};
  }

  /// `parent_attempt`: not 0 for a child run: the attempt of its parent's visit.
  result<void> begin(json input = json::object(), json metadata = json::object(),
                     std::uint32_t parent_attempt = 0) {
    start_command start;
    if (parent_attempt > 0) start.parent = run_id{"p1"};
    start.parent_attempt = parent_attempt;
    start.key = {default_scope(), run_id{"r1"}};
    start.flow = flow_->id();
    start.input = std::move(input);
    start.metadata = std::move(metadata);
    return apply(std::move(start));
  }

  /// Ends the call of a node with an outcome; the oldest if there are several.
  result<void> finish(const std::string& node, result<json> value = json::object()) {
    const invoke_effect* const call = call_of(node);
    PAWL_ASSERT(call != nullptr, ("no call is under way at node " + node).c_str());
    return apply(outcome_of(*call, std::move(value)));
  }

  [[nodiscard]] const invoke_effect* call_of(const std::string& node) const {
    for (const auto& [token, call] : calls_)
      if (call.node == node) return &call;
    return nullptr;
  }

  [[nodiscard]] step_outcome_command outcome_of(const invoke_effect& call,
                                                result<json> value) const {
    return {call.token, call.node, call.visit, call.attempt, std::move(value), now(), now()};
  }

  /// Advances the clock to the next timer and fires it.
  result<void> fire_timer() {
    const auto due = next_timer(state_);
    PAWL_ASSERT(due.has_value(), "no timer is set");
    now_ = std::max(now_, *due);
    return apply(timer_command{});
  }

  /// Advances the run as often as it requests it, at most `limit` times. Returns how often.
  int settle(int limit = 1'000'000) {
    int times = 0;
    for (; advance_due_ && times < limit; ++times)
      PAWL_ASSERT(apply(advance_command{}), "a running run must accept an advance");
    return times;
  }

  /// Keeps only `loaded`, as after a crash, and requests the outstanding effects again.
  /// `applied` is called after each transition of the recovery.
  void restart_from(
      run_state loaded, const std::function<void()>& applied = [] {}) {
    state_ = std::move(loaded);
    calls_.clear();
    advance_due_ = false;
    const time_point now = now_;
    auto due = recover(*flow_, state_);
    for (const auto& e : due.effects) remember(e);
    for (auto& c : due.commands) {
      const auto given = apply(std::move(c));
      if (given) applied();
      // The previous command may have ended the run.
      PAWL_ASSERT(given || given.error().code == errc::conflict, "a recovery command was refused");
    }
    now_ = now;
  }

  /// The history, one line per event: "step_started a 1.2" is visit 1, attempt 2 at node a. With
  /// `only`, the lines that start with it.
  [[nodiscard]] std::vector<std::string> story(std::string_view only = "") const {
    std::vector<std::string> lines;
    for (const auto& e : events_) {
      std::string line{to_string(e.kind)};
      if (e.node) {
        line += " " + flow_->at(*e.node).id + " " + std::to_string(e.visit) + "." +
                std::to_string(e.attempt);
      }
      if (line.starts_with(only)) lines.push_back(std::move(line));
    }
    return lines;
  }

  /// The nodes whose calls are under way, in the order of their tokens.
  [[nodiscard]] std::vector<std::string> waiting_at() const {
    std::vector<std::string> nodes;
    for (const auto& [token, call] : calls_) nodes.push_back(call.node);
    return nodes;
  }

 private:
  void remember(const effect& e) {
    if (const auto* const call = std::get_if<invoke_effect>(&e)) {
      if (call->lease != 0) return;  // its worker makes the call
      calls_.insert_or_assign(call->token, *call);
    } else if (const auto* const function = std::get_if<abandon_effect>(&e)) {
      forget(function->token);
    } else if (const auto* const child = std::get_if<abandon_child_effect>(&e)) {
      forget(child->token);
    } else {
      advance_due_ = true;
    }
  }

  /// A run that compensates waits for the calls that it has cancelled.
  void forget(token_id abandoned) {
    const auto known = calls_.find(abandoned);
    if (known != calls_.end() && !waits_for(*flow_, state_, known->first, known->second.node,
                                            known->second.visit, known->second.attempt))
      calls_.erase(known);
  }

  std::shared_ptr<const compiled_flow> flow_;
  run_state state_;
  time_point now_ = from_unix_us(1'700'000'000'000'000);  ///< the engine time
  std::chrono::milliseconds lead_{0};                     ///< of `now_`, over the wall clock
  std::function<std::string(const invoke_effect&)> queue_of_;
  std::function<bool(invoke_effect&, step_outcome_command&)> call_now_;
  std::map<token_id, invoke_effect> calls_;
  bool advance_due_ = false;
  transition last_;
  std::vector<event> events_;
};

/// The fields of calls, each call as a text.
inline std::vector<std::string> shown(const std::map<token_id, invoke_effect>& calls) {
  std::vector<std::string> all;
  for (const auto& [id, call] : calls) {
    all.push_back(json{
        id, call.visit, call.attempt, call.node, call.code_ref, call.args, call.timeout.count(),
        call.heartbeat.count(), call.deadline ? json(to_rfc3339(*call.deadline)) : json(),
        call.answer ? json{{"answer", *call.answer}} : json(), call.compensates, call.state.whole()}
                      .dump());
  }
  return all;
}

/// The state of a run without the traces of repeated calls: a restart changes nothing else.
[[nodiscard]] inline run_state without_repeats(run_state run, const run_state& like) {
  for (const auto id : run.tokens.ids())
    if (const auto* const other = like.find_token(id))
      run.find_token(id)->repeated_calls = other->repeated_calls;
  run.tokens.settle();
  run.sequence = like.sequence;
  run.updated_at = like.updated_at;
  return run;
}

/// Whether a run that is restored from its state has the same outstanding effects. Its calls are
/// made again; nothing else changes.
inline bool survives_restart(driven_run run) {
  const run_state before = run.state();
  const auto calls = shown(run.calls());
  const bool advances = run.advance_due();
  run.restart_from(before);
  return without_repeats(run.state(), before) == before && shown(run.calls()) == calls &&
         run.advance_due() == advances;
}

}  // namespace pawl::flow::testing
