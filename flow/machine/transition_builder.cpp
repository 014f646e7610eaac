#include "flow/machine/transition_builder.hpp"

#include <algorithm>
#include <utility>

#include <pawl/assert.hpp>

#include "flow/machine/merge.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

/// Nodes entered in one transition before the run lets others have the thread: bounds the time and
/// the size of a transition in loops of nodes that wait for nothing.
constexpr int max_entries = 256;

/// The detail of an event that somebody asked for, and may have given a reason for.
json asked_because(const std::string& reason) {
  return reason.empty() ? json{} : json{{"reason", reason}};
}

}  // namespace

transition_builder::transition_builder(const compiled_flow& flow, run_state& run,
                                       const apply_context& context)
    : flow_(flow), run_(run), context_(context), first_new_token_(run.next_token) {
  done_.change.sequence = run.sequence + 1;
  done_.change.at = context.now;
}

void transition_builder::create(start_command&& start) {
  run_.key = std::move(start.key);
  run_.flow = std::move(start.flow);
  run_.metadata = std::move(start.metadata);
  run_.restarted_from = std::move(start.restarted_from);
  run_.parent = std::move(start.parent);
  run_.depth = start.depth;
  run_.start_fingerprint = start.fingerprint;
  run_.trace = start.trace;
  run_.created_at = now();
  run_.data = shared_json{json::object()};
  for (auto& [key, value] : start.input.items()) set_data(run_, key, std::move(value));
  record(event_kind::run_created);
}

void transition_builder::set_status(run_status status) {
  run_.status = status;
  done_.change.status = status;
  if (status == run_status::running && !run_.started_at)
    run_.started_at = done_.change.started_at = now();
  if (status == run_status::failed) freeze();
  if (status == run_status::completed || status == run_status::cancelled)
    done_.change.frozen_at = run_.frozen_at = std::nullopt;
  run_.finished_at = is_finished(status) ? std::optional{now()} : std::nullopt;
  done_.change.finished_at = run_.finished_at;
}

/// From now on the run's waits stand still.
void transition_builder::freeze() {
  if (run_.frozen_at) return;
  run_.frozen_at = now();
  done_.change.frozen_at = run_.frozen_at;
}

/// What has been left of each wait is left again; moments on the wall clock stay where they are.
void transition_builder::thaw() {
  if (!run_.frozen_at) return;
  const auto stood_still = now() - *run_.frozen_at;
  for (auto& t : run_.tokens) {
    const bool waits = t.timer && !t.timer->moment;
    if (waits) t.timer->due += stood_still;
    if (t.first_try_at) *t.first_try_at += stood_still;
    if (waits || t.first_try_at) mark_changed(t);
  }
  run_.frozen_at.reset();
  done_.change.frozen_at = run_.frozen_at;
}

void transition_builder::pause(const std::string& reason) {
  freeze();
  record(event_kind::run_pausing, asked_because(reason));
}

void transition_builder::resume(const std::string& reason) {
  thaw();
  if (run_.status != run_status::running) set_status(run_status::running);
  record(event_kind::run_resumed, asked_because(reason));
}

void transition_builder::update_data(const json& update, const std::string& reason) {
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

void transition_builder::set_metadata(const std::string& key, json value) {
  done_.change.metadata_set[key] = value;
  run_.metadata[key] = std::move(value);
}

void transition_builder::record(event_kind kind, json detail) {
  done_.change.events.push_back({kind, std::nullopt, 0, 0, std::move(detail)});
}

void transition_builder::record(event_kind kind, const token& t, json detail) {
  done_.change.events.push_back({kind, t.node, t.visit, t.attempt, std::move(detail)});
}

void transition_builder::enter(token& t) {
  const compiled_node& place = node_of(t);
  if (t.visit == 0) {  // a token that a retry revived is still on the visit it had
    const std::uint32_t before = t.node < run_.visits.size() ? run_.visits[t.node] : 0;
    if (before >= place.max_visits) {
      return fail_visit(t, {errc::limit_exceeded,
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
  mark_changed(t);
  place.behaviour->enter(*this, t);
}

void transition_builder::advance() {
  const auto moves = [](const token& t) {
    return t.phase == token_phase::arriving || t.phase == token_phase::leaving;
  };
  for (int entered = 0; run_.status == run_status::running && !run_.pausing();) {
    const auto next = std::find_if(run_.tokens.begin(), run_.tokens.end(), moves);
    if (next == run_.tokens.end()) {
      if (gather_some()) continue;
      break;
    }
    if (entered++ == max_entries) {
      if (check_state_size()) done_.effects.emplace_back(advance_effect{});
      break;
    }
    if (next->phase == token_phase::leaving) {
      leave(*next);
    } else {
      enter(*next);
    }
  }
  if (run_.status == run_status::running) check_state_size();
  unwind();
  complete();
  pause_if_quiet();
  pause_if_asking();
}

/// A run that is to be paused is, when no token waits for anything any more.
void transition_builder::pause_if_quiet() {
  if (!run_.pausing()) return;
  const auto works = [](const token& t) { return t.under_way(); };
  if (std::any_of(run_.tokens.begin(), run_.tokens.end(), works)) return;
  set_status(run_status::paused);
  record(event_kind::run_paused);
}

/// A run in which nothing but answers can move anything is paused.
void transition_builder::pause_if_asking() {
  if (run_.status != run_status::running) return;
  bool asks = false;
  for (const auto& t : run_.tokens) {
    if (t.question) {
      asks = true;
    } else if (t.phase != token_phase::ended && t.phase != token_phase::gathering) {
      return;
    }
  }
  if (!asks) return;
  set_status(run_status::paused);
  record(event_kind::run_paused, {{"why", "interrupted"}});
}

bool transition_builder::check_state_size() {
  const std::size_t most = flow_.allowed().max_state_bytes;
  std::size_t bytes = run_.data_bytes;
  for (const auto& [id, map] : run_.maps) bytes += map.bytes;
  for (const auto& t : run_.tokens) {
    if (t.question) bytes += approximate_bytes(*t.question);
    if (t.answer) bytes += approximate_bytes(*t.answer);
  }
  if (!done_.change.compensations_added.empty() || revived_)
    for (const auto& step : run_.compensations) bytes += approximate_bytes(step.args);
  // Walking through what branches wrote is left out where it cannot have changed.
  if (!done_.change.writes_set.empty() || revived_)
    for (const auto& t : run_.tokens) bytes += approximate_bytes(t.writes);
  if (bytes <= most) return true;
  if (run_.unwinding) return true;  // it is failing already, and what it undoes must be done
  fail({std::string{to_string(errc::limit_exceeded)},
        "the run's data has about " + std::to_string(bytes) + " bytes; at most " +
            std::to_string(most) +
            " are allowed (run.max_state_bytes): keep large things outside and their names in the "
            "data",
        "", 0});
  return false;
}

void transition_builder::complete() {
  if (run_.status != run_status::running || run_.unwinding) return;
  const auto is_over = [](const token& t) { return t.phase == token_phase::ended; };
  if (!std::all_of(run_.tokens.begin(), run_.tokens.end(), is_over)) return;
  if (!run_.tokens.empty() && !merge_ended()) return unwind();
  if (!check_state_size()) return unwind();
  set_status(run_status::completed);
  record(event_kind::run_completed);
}

bool transition_builder::merge_ended() {
  std::vector<const token*> branches;
  for (const auto& t : run_.tokens) branches.push_back(&t);
  const auto merged = merge_branches(branches, 0, merge_policy::error);
  if (const auto* const conflict = std::get_if<merge_conflict>(&merged)) {
    fail({"merge_conflict",
          "branches that ended at \"" + node_of(*conflict->first).id + "\" and \"" +
              node_of(*conflict->second).id + "\" wrote different values to \"" + conflict->key +
              "\"; let them write different keys (a task's \"into\" names its own)",
          node_of(*conflict->second).id, 0});
    return false;
  }
  record(event_kind::branches_merged, {{"branches", run_.tokens.size()}});
  for (const auto& [key, written] : std::get<merged_writes>(merged)) {
    set_data(run_, key, written.value);
    done_.change.data_set[key] = written.value;
  }
  while (!run_.tokens.empty()) remove_token(run_.tokens.back().id);
  return true;
}

transition transition_builder::finish() {
  std::sort(touched_.begin(), touched_.end());
  touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
  auto& change = done_.change;
  for (const auto id : touched_) {
    if (const token* const t = run_.find_token(id)) {
      token& after = change.tokens_set.emplace_back(*t);
      after.writes = json::object();
    } else if (id < first_new_token_) {
      change.tokens_removed.push_back(id);
    }
  }
  run_.sequence = change.sequence;
  run_.updated_at = now();
  return std::move(done_);
}

}  // namespace pawl::flow
