#include "runtime/queries/step_rows.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "flow/machine/history.hpp"
#include "flow/machine/step_values.hpp"
#include "flow/nodes/node.hpp"
#include "flow/values/text_member.hpp"

namespace pawl {
namespace {

using flow::event_kind;
using flow::text_member;

/// The function of a node whose name is not computed.
std::string literal_function(const flow::compiled_node& at, bool compensates) {
  flow::token t;
  t.compensates = compensates;
  return flow::function_called(t, *at.behaviour);
}

const char* status_of(const flow::token& t, run_status of_run) {
  switch (t.phase) {
    case flow::token_phase::waiting:
      return t.task && t.task->lease == 0 ? "queued" : "running";
    case flow::token_phase::sleeping:
    case flow::token_phase::gathering:
      return "waiting";
    case flow::token_phase::halted:
      return of_run == run_status::cancelled ? "abandoned" : "halted";
    case flow::token_phase::arriving:
    case flow::token_phase::leaving:
    case flow::token_phase::ended:
      return "running";
  }
  return "running";
}

}  // namespace

bool step_rows::starts(const flow::delta& checkpoint, const flow::event& e) const {
  if (!e.node || *e.node >= flow_.nodes().size() || (node_ && e.node != *node_)) return false;
  if (e.kind == event_kind::step_started || e.kind == event_kind::compensation_started) return true;
  if (flow_.at(*e.node).type != "signal") return false;
  if (e.kind == event_kind::signal_awaited) return true;
  // A signal that was there already is claimed as the node is entered.
  const auto was_entered = [&e](const auto& visits) {
    return visits.first == *e.node && visits.second >= e.visit;
  };
  return e.kind == event_kind::signal_claimed &&
         std::any_of(checkpoint.visits.begin(), checkpoint.visits.end(), was_entered);
}

void step_rows::add(const flow::delta& checkpoint, bool may_start) {
  for (const auto& e : checkpoint.events) {
    if (!e.node) continue;
    const step_key key{*e.node, e.visit, e.attempt};
    const bool is_known = open_.contains(key);
    if (starts(checkpoint, e)) {
      if (!is_known) end_attempt_before(checkpoint, e);
      if (!is_known && may_start) start(checkpoint, e);
      // A retry of the run calls it again.
      if (is_known && e.kind == event_kind::step_started) ++steps_[open_[key].place].calls;
    }
    if (open_.contains(key)) update(checkpoint, e);
  }
}

void step_rows::end_attempt_before(const flow::delta& checkpoint, const flow::event& e) {
  const step_key before{*e.node, e.visit, e.attempt - 1};
  const auto found = open_.find(before);
  if (found == open_.end()) return;
  const open_step open = found->second;
  if (open.in_doubt) {
    steps_[open.place].error =
        run_error{"in_doubt", "it is unknown whether this step took effect: " + *open.in_doubt,
                  steps_[open.place].node, steps_[open.place].attempt};
  }
  const char* const status = open.in_doubt ? "failed" : open.asked ? "interrupted" : "abandoned";
  end(before, status, open.asked.value_or(checkpoint.at), checkpoint.sequence);
}

void step_rows::start(const flow::delta& checkpoint, const flow::event& e) {
  const flow::compiled_node& at = flow_.at(*e.node);
  run_step made;
  made.checkpoint = checkpoint.sequence;
  made.node = at.id;
  made.type = at.type;
  made.visit = e.visit;
  made.attempt = e.attempt;
  made.compensates = e.kind == event_kind::compensation_started;
  made.status = "running";
  made.started_at = checkpoint.at;
  made.function = literal_function(at, made.compensates);
  open_[{*e.node, e.visit, e.attempt}] = {steps_.size(), {}, {}};
  steps_.push_back(std::move(made));
}

void step_rows::update(const flow::delta& checkpoint, const flow::event& e) {
  const step_key key{*e.node, e.visit, e.attempt};
  open_step& open = open_[key];
  run_step& step = steps_[open.place];
  const auto shown = flow::to_history_with_values(flow_, checkpoint, e);
  const json& detail = shown.detail;
  if (const auto args = detail.find("args"); args != detail.end() && !step.compensates)
    step.input = *args;
  if (e.kind == event_kind::compensation_started && detail.contains("args"))
    step.input = detail.at("args");
  // The events of a map name the items that have ended inside of it.
  const bool is_of_map = e.kind == event_kind::item_finished || e.kind == event_kind::item_failed;
  if (const auto item = detail.find("item");
      !is_of_map && item != detail.end() && item->is_number_unsigned())
    step.item = item->get<std::uint32_t>();
  if (auto function = text_member(detail, "code_ref"); !function.empty())
    step.function = std::move(function);
  if (flow::ends_step(flow_, e)) {
    if (const auto output = detail.find("output"); output != detail.end()) step.output = *output;
    if (step.type != "signal") step.duration_us = detail.value("us", std::int64_t{0});
    return end(key, "completed", checkpoint.at, checkpoint.sequence);
  }
  switch (e.kind) {
    case event_kind::task_queued:
      step.queue = text_member(detail, "queue");
      return;
    case event_kind::task_leased:
      step.worker = text_member(detail, "worker");
      return;
    case event_kind::lease_lost:
      if (!detail.value("given_back", false)) ++step.calls;
      return;
    case event_kind::step_restarted:
      ++step.calls;
      return;
    case event_kind::child_started:
      step.child = text_member(detail, "run");
      return;
    case event_kind::interrupted:
      open.asked = checkpoint.at;
      return;
    case event_kind::in_doubt:
      open.in_doubt = text_member(detail, "why");
      // Only a crash left a step in doubt when events did not say why.
      if (open.in_doubt->empty()) *open.in_doubt = "its call was interrupted";
      return;
    case event_kind::step_failed:
    case event_kind::retry_scheduled:
      return fail(key, checkpoint, e);
    case event_kind::compensation_failed:
      if (step.compensates) fail(key, checkpoint, e);
      return;
    case event_kind::compensation_finished:
      step.duration_us = detail.value("us", std::int64_t{0});
      return end(key, "completed", checkpoint.at, checkpoint.sequence);
    case event_kind::compensation_skipped:
    case event_kind::branch_dropped:
      return end(key, "abandoned", checkpoint.at, checkpoint.sequence);
    case event_kind::compensating:  // of a section or join
      if (detail.contains("type"))
        step.error = run_error{text_member(detail, "type"), text_member(detail, "message"),
                               step.node, step.attempt};
      return;
    case event_kind::edge_taken:
      // A step that failed itself has ended before. A section or a map fails with a step in it.
      if (const auto why = text_member(detail, "why"); why == "timeout" || why == "error")
        end(key, why == "error" ? "failed" : "timed_out", checkpoint.at, checkpoint.sequence);
      return;
    default:
      return;
  }
}

void step_rows::fail(const step_key& of, const flow::delta& checkpoint, const flow::event& e) {
  run_step& step = steps_[open_[of].place];
  if (e.detail.is_object()) {
    step.error = run_error{text_member(e.detail, "type"), text_member(e.detail, "message"),
                           step.node, step.attempt};
    step.duration_us = e.detail.value("us", std::int64_t{0});
  }
  end(of, "failed", checkpoint.at, checkpoint.sequence);
}

void step_rows::end(const step_key& of, const char* status, time_point at,
                    std::uint64_t checkpoint) {
  const auto found = open_.find(of);
  run_step& step = steps_[found->second.place];
  step.status = status;
  step.finished_at = at;
  step.ended_in = checkpoint;
  open_.erase(found);
}

void step_rows::complete_from(const flow::run_state& run) {
  for (const auto& t : run.tokens) {
    const auto found = open_.find({t.node, t.visit, t.attempt});
    if (found == open_.end()) continue;
    run_step& step = steps_[found->second.place];
    if (step.compensates != t.compensates) continue;
    step.status = status_of(t, run.status);
    if (t.task) step.queue = t.task->queue;
    if (t.task && t.task->lease != 0) step.worker = t.task->worker;
    if (t.child) step.child = t.child->id.str();
    open_.erase(found);
  }
}

void step_rows::abandon_open() {
  for (const auto& [key, open] : open_) steps_[open.place].status = "abandoned";
  open_.clear();
}

}  // namespace pawl
