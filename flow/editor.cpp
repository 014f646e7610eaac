#include "flow/editor.hpp"

#include <algorithm>
#include <utility>

#include <pawl/assert.hpp>

#include "flow/merge.hpp"
#include "flow/nodes/node.hpp"
#include "flow/variables.hpp"

namespace pawl::flow {
namespace {

/// Nodes entered in one transition before the run lets others have the thread: bounds the time and
/// the size of a transition in loops of nodes that wait for nothing.
constexpr int max_entries = 256;

/// The detail of an event that somebody asked for, and may have given a reason for.
json because(const std::string& reason) {
  return reason.empty() ? json{} : json{{"reason", reason}};
}

}  // namespace

editor::editor(const compiled_flow& flow, run_state& run, time_point now)
    : flow_(flow), run_(run), now_(now) {
  done_.change.sequence = run.sequence + 1;
  done_.change.at = now;
}

void editor::create(start_command&& start) {
  run_.key = std::move(start.key);
  run_.flow = std::move(start.flow);
  run_.metadata = std::move(start.metadata);
  run_.restarted_from = std::move(start.restarted_from);
  run_.start_fingerprint = start.fingerprint;
  run_.created_at = now_;
  run_.data = shared_json{json::object()};
  for (auto& [key, value] : start.input.items()) set_data(run_, key, std::move(value));
  record(event_kind::run_created);
}

void editor::set_status(run_status status) {
  if (status != run_status::running) set_pausing(false);
  run_.status = status;
  done_.change.status = status;
  if (status == run_status::running && !run_.started_at)
    run_.started_at = done_.change.started_at = now_;
  run_.finished_at = is_finished(status) ? std::optional{now_} : std::nullopt;
  done_.change.finished_at = run_.finished_at;
}

void editor::set_pausing(bool pausing) {
  if (run_.pausing == pausing) return;
  run_.pausing = pausing;
  done_.change.pausing = pausing;
}

void editor::halt_waiting() {
  for (auto& t : run_.tokens) {
    const bool was_called = t.phase == token_phase::waiting;
    if (!was_called && t.phase != token_phase::sleeping) continue;
    t.phase = token_phase::halted;
    tokens_changed_ = true;
    if (!was_called) continue;
    // What this very transition asked for has not been called yet.
    const auto not_yet_called = std::erase_if(done_.effects, [&](const effect& e) {
      const auto* const call = std::get_if<invoke_effect>(&e);
      return call != nullptr && call->token == t.id;
    });
    if (not_yet_called == 0) done_.effects.emplace_back(abandon_effect{t.id});
  }
}

void editor::fail(run_error error) {
  halt_waiting();
  set_status(run_status::failed);
  record(event_kind::run_failed, {{"type", error.type}, {"message", error.message}});
  run_.error = std::move(error);
  done_.change.error = run_.error;
}

void editor::cancel(const std::string& reason) {
  halt_waiting();
  set_status(run_status::cancelled);
  record(event_kind::run_cancelled, because(reason));
}

void editor::revive(const std::string& reason) {
  revived_ = true;
  run_.error.reset();
  done_.change.error = run_.error;
  set_status(run_status::running);
  record(event_kind::run_retried, because(reason));
  for (auto& t : run_.tokens) {
    if (t.phase != token_phase::halted) continue;
    t.phase = token_phase::arriving;  // with its visit kept: see `enter`
    tokens_changed_ = true;
  }
}

void editor::pause(const std::string& reason) {
  set_pausing(true);
  record(event_kind::run_pausing, because(reason));
}

void editor::resume(const std::string& reason) {
  set_pausing(false);
  if (run_.status != run_status::running) set_status(run_status::running);
  record(event_kind::run_resumed, because(reason));
}

void editor::receive(signal_command&& command) {
  signal added{run_.next_signal, std::move(command.id), std::move(command.type),
               std::move(command.payload)};
  json detail{{"signal", added.type}};
  if (!added.id.empty()) detail["id"] = added.id;
  record(event_kind::signal_received, std::move(detail));
  done_.change.signals_added.push_back(added);
  add_signal(run_, std::move(added));
}

void editor::deliver_signals() {
  std::vector<token_id> sleeping;
  for (const auto& t : run_.tokens)
    if (t.phase == token_phase::sleeping) sleeping.push_back(t.id);
  for (const auto id : sleeping) {
    if (run_.status != run_status::running || run_.pausing) return;
    token* const t = run_.find_token(id);  // waking another may have moved it
    if (t == nullptr || t->phase != token_phase::sleeping) continue;
    const node& place = *place_of(*t).behaviour;
    const auto is_awaited = [&](const signal& s) { return s.type == place.awaited_signal(); };
    if (std::any_of(run_.inbox.begin(), run_.inbox.end(), is_awaited)) place.wake(*this, *t);
  }
}

void editor::sleep(token& t) {
  t.phase = token_phase::sleeping;
  tokens_changed_ = true;
}

std::optional<json> editor::claim(const token& t, const std::string& type) {
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

void editor::update_data(const json& update, const std::string& reason) {
  if (update.empty()) return;
  json keys = json::array();
  for (const auto& [key, value] : update.items()) {
    set_data(run_, key, value);
    done_.change.data_set[key] = value;
    keys.push_back(key);
  }
  json detail{{"keys", std::move(keys)}};
  if (!reason.empty()) detail["reason"] = reason;
  record(event_kind::data_updated, std::move(detail));
}

token& editor::place_token(node_index node) {
  token& t = run_.tokens.emplace_back();
  t.id = run_.next_token++;
  t.node = node;
  done_.change.next_token = run_.next_token;
  tokens_changed_ = true;
  return t;
}

void editor::wait_for_call(token& t) {
  auto call = place_of(t).behaviour->call(run_, t, place_of(t));
  if (!call) return fail_at(t, call.error());
  t.phase = token_phase::waiting;
  tokens_changed_ = true;
  done_.effects.emplace_back(*std::move(call));
}

void editor::merge(token& t, const json& result, const std::string& into) {
  const auto set = [&](const std::string& key, const json& value) {
    if (t.on_trunk()) {
      set_data(run_, key, value);
      done_.change.data_set[key] = value;
    } else {
      t.writes[key] = value;
      t.inherited.erase(key);
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

void editor::note_condition(token& t, bool truth) {
  t.condition_result = truth;
  tokens_changed_ = true;
  record(event_kind::condition_evaluated, t, {{"result", truth}});
}

result<json> editor::evaluate(const token& t, const logic::rule& rule) const {
  const rule_variables variables{run_, t, place_of(t).id};
  return rule.evaluate(variables.get());
}

result<bool> editor::test(const token& t, const logic::rule& rule) const {
  const rule_variables variables{run_, t, place_of(t).id};
  return rule.test(variables.get());
}

void editor::leave(token& t) {
  const compiled_node& place = place_of(t);
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

void editor::follow(token& t, const compiled_edge& edge, const char* why) {
  if (why != nullptr)  // a plain edge alone needs no explanation
    record(event_kind::edge_taken, t, {{"to", flow_.at(edge.target).id}, {"why", why}});
  t.node = edge.target;
  t.phase = token_phase::arriving;
  t.visit = 0;
  t.attempt = 0;
  tokens_changed_ = true;
}

void editor::fork(token& t, const std::vector<compiled_edge>& edges) {
  const auto others = std::count_if(run_.tokens.begin(), run_.tokens.end(), [&](const token& o) {
    return o.phase != token_phase::ended && o.id != t.id;
  });
  if (static_cast<std::size_t>(others) + edges.size() > flow_.allowed().max_tokens) {
    return fail_leaving(
        t, {errc::limit_exceeded,
            "forking at node \"" + place_of(t).id + "\" would make more than " +
                std::to_string(flow_.allowed().max_tokens) + " branches at once (run.max_tokens)"});
  }
  record(event_kind::forked, t, {{"branches", edges.size()}});
  const token parent = t;  // placing tokens moves the vector under `t`
  for (const auto& edge : edges) {
    token& child = place_token(edge.target);
    child.condition_result = parent.condition_result;
    child.branch = parent.branch;
    child.branch.push_back(edge.order);
    child.writes = parent.writes;
    child.inherited = parent.inherited;
    for (const auto& [key, value] : parent.writes.items())
      child.inherited.try_emplace(key, static_cast<std::uint32_t>(parent.branch.size()));
    if (!child.writes.empty()) done_.change.writes_set[child.id] = child.writes;
  }
  done_.change.writes_set.erase(parent.id);
  std::erase_if(run_.tokens, [&](const token& o) { return o.id == parent.id; });
}

void editor::end(token& t) {
  tokens_changed_ = true;
  if (!t.on_trunk()) {
    record(event_kind::branch_ended, t);
    t.phase = token_phase::ended;
    return;
  }
  done_.change.writes_set.erase(t.id);
  std::erase_if(run_.tokens, [id = t.id](const token& o) { return o.id == id; });
}

void editor::fail_at(token& t, const pawl::error& why) {
  t.phase = token_phase::halted;
  tokens_changed_ = true;
  fail({std::string{why.error_class()}, why.message, place_of(t).id, t.attempt});
}

void editor::fail_step(token& t, const pawl::error& why, std::int64_t us) {
  record(event_kind::step_failed, t,
         {{"type", why.error_class()}, {"message", why.message}, {"us", us}});
  fail_at(t, why);
}

/// Fails the run at a node that has done its work: a retry chooses the edges again, and does not
/// visit the node again.
void editor::fail_leaving(token& t, const pawl::error& why) {
  fail_at(t, why);
  t.phase = token_phase::leaving;
}

void editor::record(event_kind kind, json detail) {
  done_.change.events.push_back({kind, std::nullopt, 0, 0, std::move(detail)});
}

void editor::record(event_kind kind, const token& t, json detail) {
  done_.change.events.push_back({kind, t.node, t.visit, t.attempt, std::move(detail)});
}

void editor::enter(token& t) {
  const compiled_node& place = place_of(t);
  if (t.visit == 0) {  // a token that a retry revived is still on the visit it had
    const std::uint32_t before = t.node < run_.visits.size() ? run_.visits[t.node] : 0;
    if (before >= place.max_visits) {
      return fail_at(t, {errc::limit_exceeded,
                         "node \"" + place.id + "\" was to be visited more than " +
                             std::to_string(place.max_visits) +
                             " times; raise its \"max_visits\" if the loop is meant to go on",
                         "visit_limit"});
    }
    t.visit = before + 1;
    set_visits(run_, t.node, t.visit);
    auto& changed = done_.change.visits;
    const auto entry = std::find_if(changed.begin(), changed.end(),
                                    [&](const auto& c) { return c.first == t.node; });
    if (entry == changed.end()) {
      changed.emplace_back(t.node, t.visit);
    } else {
      entry->second = t.visit;
    }
  }
  ++t.attempt;
  tokens_changed_ = true;
  place.behaviour->enter(*this, t);
}

void editor::advance() {
  const auto moves = [](const token& t) {
    return t.phase == token_phase::arriving || t.phase == token_phase::leaving;
  };
  for (int entered = 0; run_.status == run_status::running && !run_.pausing; ++entered) {
    const auto next = std::find_if(run_.tokens.begin(), run_.tokens.end(), moves);
    if (next == run_.tokens.end()) break;
    if (entered == max_entries) {
      if (check_state_size()) done_.effects.emplace_back(advance_effect{});
      return;
    }
    if (next->phase == token_phase::leaving) {
      leave(*next);
    } else {
      enter(*next);
    }
  }
  if (run_.status != run_status::running || !check_state_size()) return;
  complete();
  pause_if_quiet();
}

/// A run that is to be paused is, when no token waits for anything any more.
void editor::pause_if_quiet() {
  if (run_.status != run_status::running || !run_.pausing) return;
  const auto waits = [](const token& t) { return t.phase == token_phase::waiting; };
  if (std::any_of(run_.tokens.begin(), run_.tokens.end(), waits)) return;
  set_status(run_status::paused);
  record(event_kind::run_paused);
}

bool editor::check_state_size() {
  const std::size_t most = flow_.allowed().max_state_bytes;
  std::size_t bytes = run_.data_bytes;
  // Walking through what branches wrote is left out where it cannot have changed.
  if (!done_.change.writes_set.empty() || revived_)
    for (const auto& t : run_.tokens) bytes += approximate_bytes(t.writes);
  if (bytes <= most) return true;
  fail({std::string{to_string(errc::limit_exceeded)},
        "the run's data has about " + std::to_string(bytes) + " bytes; at most " +
            std::to_string(most) +
            " are allowed (run.max_state_bytes): keep large things outside and their names in the "
            "data",
        "", 0});
  return false;
}

void editor::complete() {
  const auto is_over = [](const token& t) { return t.phase == token_phase::ended; };
  if (!std::all_of(run_.tokens.begin(), run_.tokens.end(), is_over)) return;
  if (!run_.tokens.empty() && !merge_ended()) return;
  set_status(run_status::completed);
  record(event_kind::run_completed);
}

bool editor::merge_ended() {
  const auto merged = merge_branches(run_.tokens);
  if (const auto* const conflict = std::get_if<merge_conflict>(&merged)) {
    fail({"merge_conflict",
          "branches that ended at \"" + place_of(*conflict->first).id + "\" and \"" +
              place_of(*conflict->second).id + "\" wrote different values to \"" + conflict->key +
              "\"; let them write different keys (a task's \"into\" names its own)",
          place_of(*conflict->second).id, 0});
    return false;
  }
  record(event_kind::branches_merged, {{"branches", run_.tokens.size()}});
  for (const auto& [key, value] : std::get<merged_writes>(merged)) {
    set_data(run_, key, *value);
    done_.change.data_set[key] = *value;
  }
  run_.tokens.clear();
  done_.change.writes_set.clear();
  tokens_changed_ = true;
  return true;
}

transition editor::finish() {
  if (tokens_changed_) {
    auto& after = done_.change.tokens.emplace();
    after.reserve(run_.tokens.size());
    for (const auto& t : run_.tokens) {
      after.push_back({t.id, t.node, t.phase, t.visit, t.attempt, t.condition_result, t.branch,
                       json::object(), t.inherited});
    }
  }
  run_.sequence = done_.change.sequence;
  run_.updated_at = now_;
  return std::move(done_);
}

}  // namespace pawl::flow
