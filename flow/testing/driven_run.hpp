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

/// A run in the hands of a test: gives it commands, and keeps what it asks for until the test lets
/// it happen. The clock goes one second further with every command that is taken.
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
  /// Lets time go by.
  void let_pass(std::chrono::milliseconds time) { now_ += time; }
  /// From now on calls go to workers as they begin, where this names a queue.
  void set_queues(std::function<std::string(const invoke_effect&)> queue_of) {
    queue_of_ = std::move(queue_of);
  }
  /// For tests that put a run where no command leads.
  [[nodiscard]] run_state& mutable_state() noexcept { return state_; }

  /// What was asked for and has not happened: calls by their token, and whether it must be
  /// advanced.
  [[nodiscard]] const std::map<token_id, invoke_effect>& calls() const noexcept { return calls_; }
  [[nodiscard]] bool advance_due() const noexcept { return advance_due_; }
  /// The last transition, for tests that look at it closely.
  [[nodiscard]] const transition& last() const noexcept { return last_; }
  [[nodiscard]] const std::vector<event>& events() const noexcept { return events_; }

  result<void> give(command c) {
    const bool is_advance = std::holds_alternative<advance_command>(c);
    if (const auto* const outcome = std::get_if<step_outcome_command>(&c)) {
      const auto call = calls_.find(outcome->token);
      if (call != calls_.end() && waits_for(*flow_, state_, outcome->token, outcome->node,
                                            outcome->visit, outcome->attempt))
        calls_.erase(call);
    }
    const auto* const doubt = std::get_if<in_doubt_command>(&c);
    const token_id lost = doubt != nullptr ? doubt->token : 0;
    std::optional<token_id> over;  // workers make this call, or all that is left to do is to wait
    if (const auto* const enqueue_task = std::get_if<enqueue_task_command>(&c))
      over = enqueue_task->token;
    if (const auto* const there = std::get_if<child_started_command>(&c)) over = there->token;
    apply_context context{now()};
    context.queue_of = queue_of_;
    auto done = apply(*flow_, state_, std::move(c), context);
    if (!done) return std::move(done).error();
    calls_.erase(lost);  // that call was cut short
    if (over) calls_.erase(*over);
    if (is_advance) advance_due_ = false;
    now_ += std::chrono::seconds{1};
    last_ = *std::move(done);
    if (last_.changes_nothing()) return {};
    for (const auto& e : last_.change.events) events_.push_back(e);
    for (const auto& e : last_.effects) remember(e);
    // An advance that another transition has made needless is forgotten.
    PAWL_ASSERT(!is_moving() || advance_due_, "a run is to be advanced, and nobody was asked to");
    advance_due_ = is_moving();
    return {};
  }

  result<void> begin(json input = json::object(), json metadata = json::object()) {
    start_command start;
    start.key = {default_scope(), run_id{"r1"}};
    start.flow = flow_->id();
    start.input = std::move(input);
    start.metadata = std::move(metadata);
    return give(std::move(start));
  }

  /// Brings the outcome of the call that a node waits for; of the oldest, where there are several.
  result<void> finish(const std::string& node, result<json> value = json::object()) {
    const invoke_effect* const call = call_of(node);
    PAWL_ASSERT(call != nullptr, ("no call is waited for at node " + node).c_str());
    return give(outcome_of(*call, std::move(value)));
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

  /// Goes on to the moment of the next timer, and rings it.
  result<void> ring() {
    const auto due = next_alarm(state_);
    PAWL_ASSERT(due.has_value(), "no alarm is set");
    now_ = std::max(now_, *due);
    return give(timer_command{});
  }

  /// Advances as often as the run asks for it, at most `limit` times. Returns how often.
  int settle(int limit = 1'000'000) {
    int times = 0;
    for (; advance_due_ && times < limit; ++times)
      PAWL_ASSERT(give(advance_command{}), "a running run can always be advanced");
    return times;
  }

  /// Forgets everything but `loaded`, as after a crash, and asks again for what it waits for.
  void restart_from(run_state loaded) {
    state_ = std::move(loaded);
    calls_.clear();
    advance_due_ = false;
    auto due = recover(*flow_, state_);
    for (const auto& e : due.effects) remember(e);
    for (auto& c : due.commands) {
      const auto given = give(std::move(c));
      // The one before may have ended the run.
      PAWL_ASSERT(given || given.error().code == errc::conflict, "what is due was refused");
    }
  }

  /// What happened, one line each: "step_started a 1.2" is visit 1, attempt 2 at node a. `only`
  /// keeps the lines that begin with it.
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

  /// The nodes whose calls are waited for, in the order of their tokens.
  [[nodiscard]] std::vector<std::string> waiting_at() const {
    std::vector<std::string> nodes;
    for (const auto& [token, call] : calls_) nodes.push_back(call.node);
    return nodes;
  }

 private:
  [[nodiscard]] bool is_moving() const {
    return state_.status == run_status::running && !state_.pausing() &&
           std::any_of(state_.tokens.begin(), state_.tokens.end(), [](const token& t) {
             return t.phase == token_phase::arriving || t.phase == token_phase::leaving;
           });
  }

  void remember(const effect& e) {
    if (const auto* const call = std::get_if<invoke_effect>(&e)) {
      if (call->lease != 0) return;  // its worker has it
      calls_.insert_or_assign(call->token, *call);
    } else if (const auto* const abandon = std::get_if<abandon_effect>(&e)) {
      // A run that undoes its steps waits for what it has told to stop.
      const auto known = calls_.find(abandon->token);
      if (known != calls_.end() && !waits_for(*flow_, state_, known->first, known->second.node,
                                              known->second.visit, known->second.attempt))
        calls_.erase(known);
    } else {
      advance_due_ = true;
    }
  }

  std::shared_ptr<const compiled_flow> flow_;
  run_state state_;
  time_point now_ = from_unix_us(1'700'000'000'000'000);
  std::function<std::string(const invoke_effect&)> queue_of_;
  std::map<token_id, invoke_effect> calls_;
  bool advance_due_ = false;
  transition last_;
  std::vector<event> events_;
};

/// What calls carry, each as text.
inline std::vector<std::string> shown(const std::map<token_id, invoke_effect>& calls) {
  std::vector<std::string> all;
  for (const auto& [id, call] : calls) {
    all.push_back(json{
        id, call.visit, call.attempt, call.node, call.code_ref, call.args, call.timeout.count(),
        call.heartbeat.count(), call.deadline ? json(to_rfc3339(*call.deadline)) : json(),
        call.answer ? json{{"answer", *call.answer}} : json(), call.compensates, *call.state}
                      .dump());
  }
  return all;
}

/// Whether a run that is brought back from what is stored has the same outstanding.
inline bool survives_restart(driven_run run) {
  const run_state before = run.state();
  const auto calls = shown(run.calls());
  const bool advances = run.advance_due();
  run.restart_from(before);
  return run.state() == before && shown(run.calls()) == calls && run.advance_due() == advances;
}

}  // namespace pawl::flow::testing
