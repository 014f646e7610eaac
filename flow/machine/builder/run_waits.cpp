#include "flow/machine/builder/run_waits.hpp"

#include <utility>

namespace pawl::flow {

void run_waits::sleep(token& t) {
  t.phase = token_phase::sleeping;
  changes_.mark_changed(t);
}

void run_waits::set_timer(token& t, std::chrono::milliseconds duration) {
  t.timer = timer{changes_.run().frozen_at.value_or(changes_.engine_time()) + duration, false};
  changes_.mark_changed(t);
}

void run_waits::set_timer(token& t, time_point time) {
  t.timer = timer{time, true};
  changes_.mark_changed(t);
}

void run_waits::sleep_for(token& t, std::chrono::milliseconds duration) {
  set_timer(t, duration);
  sleep(t);
}

void run_waits::sleep_until(token& t, time_point time) {
  set_timer(t, time);
  sleep(t);
}

void run_waits::ask(token& t, json question) {
  const std::string& node = changes_.node_of(t).id;
  changes_.record(event_kind::interrupted, t,
                  {{"question", question_id(node, t)}, {"value", question}});
  data_.set_metadata("interrupt_value", question);
  data_.set_metadata("last_node", node);
  t.question = std::move(question);
  sleep(t);
}

void run_waits::end_question(token& t) {
  changes_.record(event_kind::answered, t, {{"question", question_id(changes_.node_of(t).id, t)}});
  t.question.reset();
  t.timer.reset();
  changes_.mark_changed(t);
}

void run_waits::fire(token& t) {
  t.timer.reset();
  changes_.mark_changed(t);
  changes_.record(event_kind::timer_fired, t);
}

}  // namespace pawl::flow
