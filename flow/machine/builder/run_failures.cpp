#include "flow/machine/builder/run_failures.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "flow/nodes/node.hpp"
#include "flow/values/error_text.hpp"

namespace pawl::flow {
namespace {

run_error make_run_error(const error& why, const std::string& node, std::uint32_t attempt) {
  return {std::string{why.error_class()}, why.message, node, attempt};
}

}  // namespace

void run_failures::fail_now(run_error error) {
  calls_.halt_all(child_fate::halt);
  lifecycle_.set_status(run_status::failed);
  changes_.record(event_kind::run_failed, {{"type", error.type}, {"message", error.message}});
  changes_.run().error = std::move(error);
  changes_.change().error = changes_.run().error;
}

void run_failures::fail(run_error error) {
  if (compensations_.begin(run_status::failed, error, {})) return;
  fail_now(std::move(error));
}

void run_failures::cancel(const std::string& reason) {
  if (compensations_.begin(run_status::cancelled, std::nullopt, reason)) return;
  calls_.halt_all(child_fate::cancel);
  lifecycle_.set_status(run_status::cancelled);
  changes_.record(event_kind::run_cancelled, reason_detail(reason));
}

void run_failures::terminate(const std::string& reason) {
  calls_.halt_all(child_fate::terminate);
  if (changes_.run().compensating) compensations_.give_up();
  lifecycle_.set_status(run_status::cancelled);
  json detail = reason_detail(reason);
  detail["terminated"] = true;
  changes_.record(event_kind::run_cancelled, std::move(detail));
}

void run_failures::reopen() {
  run_state& run = changes_.run();
  run.error.reset();
  changes_.change().error = run.error;
  lifecycle_.thaw();
  lifecycle_.set_status(run_status::running);
}

void run_failures::revive(const std::string& reason) {
  run_state& run = changes_.run();
  reopen();
  changes_.record(event_kind::run_retried, reason_detail(reason));
  std::vector<token_id> removed;
  for (const auto id : run.tokens.ids()) {
    token& t = *run.find_token(id);
    // A run that compensates does not resume the steps that it was on before.
    if (run.compensating && !t.compensates) removed.push_back(t.id);
    if (t.phase != token_phase::halted) continue;
    t.phase = token_phase::arriving;  // keeps its visit
    changes_.mark_changed(t);
  }
  for (const auto id : removed) tokens_.remove(id);
}

void run_failures::skip_compensation(token& t, const std::string& reason) {
  if (changes_.run().status == run_status::failed) reopen();
  changes_.record(event_kind::compensation_skipped, t, reason_detail(reason));
  calls_.abandon(t);
  compensations_.finish_last(t);
}

void run_failures::fail_at(token& t, const error& why) {
  if (!t.compensates) {
    const auto edge = branches_.find_error_edge(t, why);
    if (!edge) return fail_visit(t, edge.error());
    if (*edge != nullptr) return branches_.follow_error(t, **edge, why);
  }
  fail_visit(t, why);
}

void run_failures::fail_visit(token& t, const error& why) {
  run_error error = make_run_error(why, changes_.node_of(t).id, t.attempt);
  t.phase = token_phase::halted;
  changes_.mark_changed(t);
  if (t.compensates) {
    error.type = "compensation_failed";
    error.message = "the compensation of node \"" + error.node + "\" failed: " + why.message;
    return fail_now(std::move(error));
  }
  offer_to_maps(t, why, std::move(error));
}

void run_failures::fail_step(token& t, const error& why, std::int64_t us) {
  json detail{{"type", why.error_class()}, {"message", why.message}, {"us", us}};
  if (const json* const details = kept_details(why)) detail["details"] = *details;
  changes_.record(t.compensates ? event_kind::compensation_failed : event_kind::step_failed, t,
                  std::move(detail));
  fail_at(t, why);
}

void run_failures::fail_leaving(token& t, const error& why) {
  run_error error = make_run_error(why, changes_.node_of(t).id, t.attempt);
  t.phase = token_phase::leaving;
  changes_.mark_changed(t);
  offer_to_maps(t, why, std::move(error));
}

void run_failures::fail_item(token_id map, token& t, const error& why) {
  const token& of = *changes_.run().find_token(map);
  run_error error = make_run_error(why, changes_.node_of(of).id, of.attempt);
  offer_to_maps(t, why, std::move(error));
}

/// Offers the failure to the maps that have the token in an item, the innermost first. A map takes
/// it as the failure of that item if it tolerates one more, else by its own on_error edge. If no
/// map takes it, the run fails with `error`.
void run_failures::offer_to_maps(token& t, const error& why, run_error error) {
  const std::vector<std::uint32_t> branch = t.branch;
  const std::vector<node_index> forks = t.forks;
  const std::string node = changes_.node_of(t).id;
  for (std::size_t level = forks.size(); level-- > 0;) {
    const token* const map = maps_.find_map(branch, forks, level);
    if (map == nullptr) continue;
    const token_id id = map->id;
    const compiled_node& map_node = changes_.node_of(*map);
    const auto tolerated = maps_.tolerated(*map);
    if (!tolerated) return fail(make_run_error(tolerated.error(), map_node.id, map->attempt));
    if (changes_.run().maps.at(id).failed < *tolerated) {
      tokens_.drop_branch(branch, level + 1, id);
      json failure{{"type", why.error_class()}, {"message", why.message}, {"node", node}};
      if (const json* const details = kept_details(why)) failure["details"] = *details;
      const std::uint32_t item = branch[level];
      json value{{"error", std::move(failure)},
                 {"item", changes_.run().maps.at(id).items.at(item)},
                 {"index", item}};
      return maps_.finish_item(id, item, std::move(value), true);
    }
    const auto edge = branches_.find_error_edge(*map, why);
    if (!edge) return fail(make_run_error(edge.error(), map_node.id, map->attempt));
    if (*edge == nullptr) continue;
    tokens_.drop_branch(branch, level, id);
    changes_.erase_map(id);
    return branches_.follow_error(*changes_.run().find_token(id), **edge, why);
  }
  fail(std::move(error));
}

}  // namespace pawl::flow
