#include <algorithm>
#include <utility>

#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {

void transition_builder::receive(signal_command&& command) {
  signal added{run_.next_signal, std::move(command.id), std::move(command.type),
               std::move(command.payload)};
  json detail{{"signal", added.type}};
  if (!added.id.empty()) detail["id"] = added.id;
  record(event_kind::signal_received, std::move(detail));
  done_.change.signals_added.push_back(added);
  add_signal(run_, std::move(added));
}

void transition_builder::deliver_signals() {
  if (run_.inbox.empty()) return;
  std::vector<token_id> sleeping;
  for (const auto& t : run_.tokens)
    if (t.phase == token_phase::sleeping) sleeping.push_back(t.id);
  for (const auto id : sleeping) {
    if (run_.status != run_status::running || run_.pausing()) return;
    token* const t = run_.find_token(id);  // waking another may have moved it
    if (t == nullptr || t->phase != token_phase::sleeping) continue;
    const node& place = *node_of(*t).behaviour;
    const auto is_awaited = [&](const signal& s) { return s.type == place.awaited_signal(); };
    if (std::any_of(run_.inbox.begin(), run_.inbox.end(), is_awaited)) place.wake(*this, *t);
  }
}

std::optional<json> transition_builder::claim(const token& t, const std::string& type) {
  const auto found = std::find_if(run_.inbox.begin(), run_.inbox.end(),
                                  [&](const signal& s) { return s.type == type; });
  if (found == run_.inbox.end()) return std::nullopt;
  json detail{{"signal", type}};
  if (!found->id.empty()) detail["id"] = found->id;
  record(event_kind::signal_claimed, t, std::move(detail));
  json payload = std::move(found->payload);
  const auto number = found->number;
  done_.change.signals_claimed.push_back(number);
  remove_signal(run_, number);
  return payload;
}

void transition_builder::sleep(token& t) {
  t.phase = token_phase::sleeping;
  mark_changed(t);
}

void transition_builder::sleep_for(token& t, std::chrono::milliseconds duration) {
  // In a run that stands still nothing of the wait goes by.
  t.timer = timer{run_.frozen_at.value_or(now()) + duration, false};
  sleep(t);
}

void transition_builder::sleep_until(token& t, time_point moment) {
  t.timer = timer{moment, true};
  sleep(t);
}

void transition_builder::fire_timers(double random) {
  const auto rings = [&](const token& t) {
    return t.can_fire() && t.timer && t.timer->due <= now();
  };
  std::vector<token_id> due;
  for (const auto& t : run_.tokens)
    if (rings(t)) due.push_back(t.id);
  for (const auto id : due) {
    if (is_finished(run_.status)) return;
    token* const t = run_.find_token(id);  // waking another may have removed it
    if (t == nullptr || !rings(*t)) continue;
    if (run_.status == run_status::paused) set_status(run_status::running);
    t->timer.reset();
    mark_changed(*t);
    record(event_kind::timer_fired, *t);
    if (t->task) {
      give_up_call(*t,
                   {errc::timed_out,
                    "the worker \"" + t->task->worker + "\" did not finish the call in its time"},
                   random);
      continue;
    }
    if (t->child) {
      abandon(*t);
      give_up_call(*t,
                   {errc::timed_out,
                    "run " + t->child->id.str() + " did not end in its time; it is told to stop"},
                   random);
      continue;
    }
    node_of(*t).behaviour->on_timer(*this, *t);
  }
}

void transition_builder::ask(token& t, json question) {
  const std::string& node = node_of(t).id;
  record(event_kind::interrupted, t, {{"question", question_id(node, t)}, {"value", question}});
  set_metadata("interrupt_value", question);
  set_metadata("last_node", node);
  t.question = std::move(question);
  sleep(t);
}

void transition_builder::answer(token& t, json value) {
  record(event_kind::answered, t, {{"question", question_id(node_of(t).id, t)}});
  t.question.reset();
  t.timer.reset();
  mark_changed(t);
  node_of(t).behaviour->answer(*this, t, std::move(value));
}

}  // namespace pawl::flow
