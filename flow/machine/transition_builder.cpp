#include "flow/machine/transition_builder.hpp"

#include <algorithm>
#include <utility>

#include "flow/machine/enclosing.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

/// Maximum number of nodes entered in one transition. Bounds its time and size in loops of nodes
/// that wait for nothing; the run continues in the next transition.
constexpr int max_entries = 256;

}  // namespace

transition_builder::transition_builder(const compiled_flow& flow, run_state& run,
                                       const apply_context& context)
    : changes_(flow, run, context),
      failures_(changes_, lifecycle_, calls_, tokens_, branches_, maps_, sections_, compensations_),
      lifecycle_(changes_),
      data_(changes_),
      signals_(changes_),
      waits_(changes_, data_),
      calls_(changes_, failures_),
      tokens_(changes_, data_, calls_),
      compensations_(changes_, lifecycle_, calls_, tokens_),
      branches_(changes_, data_, tokens_, failures_),
      sections_(changes_, data_, calls_, tokens_, compensations_, branches_, failures_),
      joins_(changes_, data_, tokens_, compensations_, branches_, sections_, failures_),
      maps_(changes_, data_, tokens_, compensations_, branches_, failures_) {}

void transition_builder::advance() {
  run_state& run = changes_.run();
  for (int entered = 0; run.status == run_status::running && !run.pausing();) {
    run.tokens.settle();
    if (make_call()) continue;
    const auto next = run.tokens.first_runnable();
    if (!next) {
      if (close_gathered()) continue;
      break;
    }
    if (entered++ == max_entries) {
      if (check_size()) changes_.add_effect(advance_effect{});
      break;
    }
    token& t = *run.find_token(*next);
    if (t.phase == token_phase::leaving) {
      branches_.leave(t);
    } else {
      enter(t);
    }
  }
  if (run.status == run_status::running) check_size();
  compensate();
  complete();
  lifecycle_.pause_if_idle();
  lifecycle_.pause_if_asking();
}

void transition_builder::enter(token& t) {
  // A token that a retry has revived is still on its visit.
  if (t.visit == 0 && !count_visit(t)) return;
  // A compensation keeps the visit of its step, but its rules read its own time.
  if (t.compensates && !t.rules_time && node_of(t).reads_time) t.rules_time = changes_.now();
  ++t.attempt;
  changes_.mark_changed(t);
  node_of(t).behaviour->enter(*this, t);
}

bool transition_builder::make_call() {
  auto outcome = changes_.make_next_call();
  if (!outcome) return false;
  token& t = *changes_.run().find_token(outcome->token);
  node_of(t).behaviour->resume(*this, t, *std::move(outcome));
  return true;
}

bool transition_builder::count_visit(token& t) {
  run_state& run = changes_.run();
  const compiled_node& node = node_of(t);
  const std::uint32_t before = t.node < run.visits.size() ? run.visits[t.node] : 0;
  if (before >= node.max_visits) {
    failures_.fail_visit(t, {errc::limit_exceeded,
                             "node \"" + node.id + "\" was visited " + std::to_string(before) +
                                 " times, which is its maximum; raise its \"max_visits\" if the "
                                 "loop is intended",
                             "visit_limit"});
    return false;
  }
  t.visit = before + 1;
  if (node.reads_time) t.rules_time = changes_.now();
  set_visits(run, t.node, t.visit);
  auto& changed = changes_.change().visits;
  const auto entry = std::find_if(changed.begin(), changed.end(),
                                  [&](const auto& c) { return c.first == t.node; });
  if (entry == changed.end()) {
    changed.emplace_back(t.node, t.visit);
  } else {
    entry->second = t.visit;
  }
  return true;
}

bool transition_builder::close_gathered() {
  fork_tree& forks = changes_.run().tokens.forks();
  while (const auto fork = forks.first_changed()) {
    if (close(*fork)) return true;
    forks.checked(*fork);
  }
  return joins_.fail_deadlocked();
}

bool transition_builder::close(fork_tree::fork_number fork) {
  const fork_tree::fork& branches = *state().tokens.forks().find(fork);
  const token& inside = *state().find_token(branches.any_token());
  if (inside.stopping || inside.compensates) {
    // The token around it goes on when the last of these is gone.
    const token* const around = find_compensating(state(), inside.branch);
    if (around != nullptr && around->branch.size() <= branches.depth) return false;
  }
  if (const token* const map = maps_.find_map(inside.branch, inside.forks, branches.depth))
    return map->phase == token_phase::gathering && maps_.close_item(map->id);
  if (const token* const section =
          sections_.find_section(inside.branch, inside.forks, branches.depth))
    return sections_.close(section->id);
  std::vector<node_index> nodes;
  for (const auto& [node, arrived] : branches.arrived_at) nodes.push_back(node);
  return std::any_of(nodes.begin(), nodes.end(),
                     [&](node_index join) { return joins_.close(fork, join); });
}

void transition_builder::deliver_signals() {
  std::vector<token_id> sleeping;
  for (const auto type : state().inbox.types()) add_awaiting(type, sleeping);
  wake(std::move(sleeping));
}

void transition_builder::deliver_signals(std::string_view type) {
  std::vector<token_id> sleeping;
  add_awaiting(type, sleeping);
  wake(std::move(sleeping));
}

/// Adds the tokens that sleep for signals of a type, as many as there are such signals.
void transition_builder::add_awaiting(std::string_view type, std::vector<token_id>& to) {
  run_state& run = changes_.run();
  run.tokens.settle();
  for (const auto node : flow().awaiting(type)) {
    const auto at = run.tokens.sleeping().find(node);
    if (at == run.tokens.sleeping().end()) continue;
    const std::size_t most = flow().at(node).behaviour->filters_signals()
                                 ? at->second.size()
                                 : std::min(at->second.size(), run.inbox.count(type));
    to.insert(to.end(), at->second.begin(), at->second.begin() + static_cast<std::ptrdiff_t>(most));
  }
}

void transition_builder::wake(std::vector<token_id> sleeping) {
  run_state& run = changes_.run();
  std::sort(sleeping.begin(), sleeping.end());
  for (const auto id : sleeping) {
    // A run that is paused because it asks may wait for signals, too.
    if (is_finished(run.status) || run.frozen_at) return;
    token* const t = run.find_token(id);  // waking another token may have moved or removed it
    if (t == nullptr || t->phase != token_phase::sleeping) continue;
    const node& behaviour = *node_of(*t).behaviour;
    const auto types = behaviour.awaited_signals();
    if (std::any_of(types.begin(), types.end(), [&](const auto& s) { return signals_.has(s); }))
      behaviour.wake(*this, *t);
  }
}

void transition_builder::fire_timers(double random) {
  run_state& run = changes_.run();
  const auto is_due = [&](const token& t) {
    if (!t.can_fire() || !t.timer) return false;
    return t.timer->due <= (t.timer->wall_clock ? now() : engine_time());
  };
  run.tokens.settle();
  for (const auto id : run.tokens.due(now(), engine_time())) {
    if (is_finished(run.status)) return;
    token* const t = run.find_token(id);  // waking another token may have removed it
    if (t != nullptr && is_due(*t)) fire(*t, random);
  }
}

void transition_builder::fire(token& t, double random) {
  lifecycle_.wake();
  waits_.fire(t);
  if (t.task) {
    const std::string why =
        t.task->lease == 0
            ? "no worker took the task from the queue \"" + t.task->queue + "\" in time"
            : "the worker \"" + t.task->worker + "\" did not finish the call in time";
    return fail_call(t, {errc::timed_out, why}, random);
  }
  if (t.child) return fire_child(t, random);
  node_of(t).behaviour->on_timer(*this, t);
}

/// Ends an attempt whose child run did not end in time. If another attempt can follow, the child is
/// halted, so that its finished steps stay finished; else it is cancelled.
void transition_builder::fire_child(token& t, double random) {
  const token_id id = t.id;
  const run_id child = t.child->id;
  const std::uint32_t visit = t.visit;
  const std::uint32_t attempt = t.attempt;
  fail_call(t, {errc::timed_out, "run " + child.str() + " did not end in time"}, random);
  const token* const after = state().find_token(id);
  const bool may_continue =
      after != nullptr && after->visit == visit &&
      (after->phase == token_phase::sleeping || after->phase == token_phase::halted);
  calls_.abandon_child(id, child, attempt, may_continue ? child_fate::halt : child_fate::cancel);
}

void transition_builder::answer(token& t, json value) {
  waits_.end_question(t);
  node_of(t).behaviour->answer(*this, t, std::move(value));
}

void transition_builder::fail_call(token& t, error why, double random) {
  step_outcome_command outcome{t.id, node_of(t).id, t.visit, t.attempt, std::move(why)};
  outcome.began_at = calls_.start_of(t, now());
  outcome.ended_at = now();
  outcome.random = random;
  calls_.end(t);
  node_of(t).behaviour->resume(*this, t, std::move(outcome));
}

bool transition_builder::check_size() {
  const std::size_t most = changes_.allowed().max_state_bytes;
  const std::size_t bytes = data_.bytes();
  if (bytes <= most) return true;
  if (state().compensating) return true;  // it is failing already, and must compensate its steps
  failures_.fail({std::string{to_string(errc::limit_exceeded)},
                  "the data of the run has about " + std::to_string(bytes) +
                      " bytes; the maximum is " + std::to_string(most) +
                      " (run.max_state_bytes): store large values elsewhere and keep references "
                      "to them in the data",
                  "", 0});
  return false;
}

/// Starts the next compensation of a run that has nothing under way, or ends it after the last.
void transition_builder::compensate() {
  const run_state& run = changes_.run();
  if (run.status != run_status::running || run.pausing() || !run.compensating) return;
  if (!run.tokens.empty()) return;
  if (token* const t = compensations_.place_last()) return enter(*t);
  const compensating end = compensations_.end();
  if (end.error) return failures_.fail_now(*end.error);
  lifecycle_.set_status(end.to);
  changes_.record(event_kind::run_cancelled);
}

/// Completes a run all of whose branches have ended.
void transition_builder::complete() {
  const run_state& run = changes_.run();
  if (run.status != run_status::running || run.compensating) return;
  if (tokens_.count_alive() > 0) return;
  if (!run.tokens.empty()) {
    if (auto conflict = branches_.merge_ended()) {
      failures_.fail(*std::move(conflict));
      return compensate();
    }
  }
  if (!check_size()) return compensate();
  // All steps have succeeded: none is compensated, and a retry computes the output again.
  if (auto why = data_.compute_output()) return failures_.fail_now(*std::move(why));
  lifecycle_.set_status(run_status::completed);
  changes_.record(event_kind::run_completed);
}

}  // namespace pawl::flow
