#include <algorithm>
#include <utility>

#include "flow/machine/transition_builder.hpp"
#include "flow/machine/variables.hpp"
#include "flow/nodes/node.hpp"
#include "flow/values/value_check.hpp"

namespace pawl::flow {
namespace {

/// What belongs to the visit of one node is over.
void end_visit(token& t) {
  t.visit = 0;
  t.attempt = 0;
  t.timer.reset();
  t.tries = 0;
  t.first_try_at.reset();
  t.question.reset();
  t.answer.reset();
  t.in_doubt = false;
  t.task.reset();
  t.child.reset();
}

}  // namespace

token& transition_builder::place_token(node_index node) {
  token& t = run_.tokens.emplace_back();
  t.id = run_.next_token++;
  t.node = node;
  done_.change.next_token = run_.next_token;
  mark_changed(t);
  return t;
}

void transition_builder::remove_token(token_id id) {
  touched_.push_back(id);
  done_.change.writes_set.erase(id);
  if (run_.maps.erase(id) > 0) {
    done_.change.maps_set.erase(id);
    if (id < first_new_token_) done_.change.maps_removed.push_back(id);
  }
  std::erase_if(run_.tokens, [id](const token& t) { return t.id == id; });
}

void transition_builder::drop(token& t) {
  abandon(t);
  remove_token(t.id);
}

void transition_builder::abandon(const token& t) {
  if (t.phase != token_phase::waiting || t.task) return;
  // What this very transition asked for has not been called yet.
  const auto not_yet_called = std::erase_if(done_.effects, [&](const effect& e) {
    const auto* const call = std::get_if<invoke_effect>(&e);
    return call != nullptr && call->token == t.id;
  });
  if (not_yet_called != 0) return;
  abandon_effect over{t.id};
  if (t.child) {
    over.child = t.child->id;
    done_.change.children_abandoned.push_back(t.child->id);
  }
  done_.effects.emplace_back(std::move(over));
}

void transition_builder::wait_for_call(token& t) {
  auto call = node_of(t).behaviour->call(run_, t, node_of(t));
  if (!call) return fail_at(t, call.error());
  t.phase = token_phase::waiting;
  t.task.reset();
  t.child.reset();
  if (call->child) {
    // A run that is started begins at once: its time counts from here.
    t.child = child_run{call->child->id};
    t.timer.reset();
    limit_time(t, *call);
  } else if (auto queue = context_.queue_of ? context_.queue_of(*call) : ""; !queue.empty()) {
    return enqueue_task(t, std::move(queue), std::move(call->code_ref));
  }
  mark_changed(t);
  done_.effects.emplace_back(*std::move(call));
}

void transition_builder::limit_time(token& t, const invoke_effect& call) {
  if (call.timeout.count() > 0) t.timer = timer{now() + call.timeout, false};
  if (call.deadline && (!t.timer || *call.deadline < t.timer->due))
    t.timer = timer{*call.deadline, false};
}

void transition_builder::call_again(token& t) {
  ++t.attempt;
  record(t.compensates ? event_kind::compensation_started : event_kind::step_started, t);
  wait_for_call(t);
}

void transition_builder::begin_tries(token& t, bool timed) {
  t.tries = 1;
  t.first_try_at = timed ? std::optional{now()} : std::nullopt;
  mark_changed(t);
}

void transition_builder::merge(token& t, const json& result, const std::string& into) {
  const auto set = [&](const std::string& key, const json& value) {
    if (t.on_trunk()) {
      set_data(run_, key, value);
      done_.change.data_set[key] = value;
    } else {
      t.writes[key] = value;
      t.inherited.erase(key);
      mark_changed(t);
      done_.change.writes_set.try_emplace(t.id, json::object()).first->second[key] = value;
    }
  };
  if (!into.empty()) {
    set(into, result);
  } else if (result.is_object()) {
    for (const auto& [key, value] : result.items()) set(key, value);
  } else {
    set("result", result);
  }
}

void transition_builder::note_condition(token& t, bool truth) {
  t.condition_result = truth;
  mark_changed(t);
  record(event_kind::condition_evaluated, t, {{"result", truth}});
}

result<json> transition_builder::evaluate(const token& t, const logic::rule& rule) const {
  const rule_variables variables{run_, t, node_of(t).id};
  auto value = rule.evaluate(variables.get());
  // Else a run that puts its data into itself, again and again, could not be read any more.
  if (value)
    if (auto good = check_value(*value, "what the rule gives"); !good)
      return std::move(good).error();
  return value;
}

result<bool> transition_builder::test(const token& t, const logic::rule& rule) const {
  const rule_variables variables{run_, t, node_of(t).id};
  return rule.test(variables.get());
}

void transition_builder::leave(token& t) {
  const compiled_node& place = node_of(t);
  for (const auto& edge : place.conditional) {
    if (edge.follows) {
      if (t.condition_result == edge.follows) return follow(t, edge, "condition");
      continue;
    }
    const auto truth = test(t, *edge.when);
    if (!truth) return fail_leaving(t, truth.error());
    if (*truth) return follow(t, edge, "when");
  }
  if (place.plain.empty()) return end(t);
  if (place.plain.size() == 1) {
    return follow(t, place.plain.front(), place.conditional.empty() ? nullptr : "default");
  }
  fork(t, place.plain);
}

void transition_builder::follow(token& t, const compiled_edge& edge, const char* why) {
  if (why != nullptr)  // a plain edge alone needs no explanation
    record(event_kind::edge_taken, t, {{"to", flow_.at(edge.target).id}, {"why", why}});
  end_visit(t);
  t.node = edge.target;
  t.phase = token_phase::arriving;
  mark_changed(t);
}

/// A token on a branch of its own behind a parent that has forked.
token& transition_builder::place_child(const token& parent, node_index node, std::uint32_t order) {
  token& child = place_token(node);
  child.condition_result = parent.condition_result;
  child.branch = parent.branch;
  child.branch.push_back(order);
  child.forks = parent.forks;
  child.forks.push_back(parent.node);
  child.writes = parent.writes;
  child.inherited = parent.inherited;
  for (const auto& [key, value] : parent.writes.items())
    child.inherited.try_emplace(key, static_cast<std::uint32_t>(parent.branch.size()));
  if (!child.writes.empty()) done_.change.writes_set[child.id] = child.writes;
  return child;
}

void transition_builder::fork(token& t, const std::vector<compiled_edge>& edges) {
  const auto others = std::count_if(run_.tokens.begin(), run_.tokens.end(), [&](const token& o) {
    return o.phase != token_phase::ended && o.id != t.id;
  });
  if (static_cast<std::size_t>(others) + edges.size() > flow_.allowed().max_tokens) {
    return fail_leaving(
        t, {errc::limit_exceeded,
            "forking at node \"" + node_of(t).id + "\" would make more than " +
                std::to_string(flow_.allowed().max_tokens) + " branches at once (run.max_tokens)"});
  }
  record(event_kind::forked, t, {{"branches", edges.size()}});
  const token parent = t;  // placing tokens moves the vector under `t`
  for (const auto& edge : edges) place_child(parent, edge.target, edge.order);
  remove_token(parent.id);
}

void transition_builder::end(token& t) {
  if (t.on_trunk()) return remove_token(t.id);
  record(event_kind::branch_ended, t);
  end_visit(t);
  t.phase = token_phase::ended;
  mark_changed(t);
}

}  // namespace pawl::flow
