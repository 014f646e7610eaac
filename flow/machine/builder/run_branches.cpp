#include "flow/machine/builder/run_branches.hpp"

#include <algorithm>
#include <utility>

#include "flow/values/error_text.hpp"

namespace pawl::flow {
namespace {

/// Resets what belongs to the visit of one node.
void end_visit(token& t) {
  t.visit = 0;
  t.attempt = 0;
  t.replaced_children = 0;
  t.repeated_calls = 0;
  t.timer.reset();
  t.rules_time.reset();
  t.tries = 0;
  t.failures_of.clear();
  t.first_try_at.reset();
  t.tries_limit = {};
  t.retry_numbers.clear();
  t.question.reset();
  t.answer.reset();
  t.in_doubt = false;
  t.task.reset();
  t.child.reset();
  t.exit.reset();
}

/// The node where the branch of a token begins, after the fork at `depth`.
const std::string& first_node(const compiled_flow& flow, const token& t, std::size_t depth) {
  if (depth < t.forks.size() && depth < t.branch.size())
    for (const auto& edge : flow.at(t.forks[depth]).plain)
      if (edge.order == t.branch[depth]) return flow.at(edge.target).id;
  return flow.at(t.node).id;
}

}  // namespace

json error_value(const error& why, const compiled_node& node, const token& t) {
  json value{{"type", why.error_class()},
             {"message", why.message},
             {"node", node.id},
             {"attempt", t.attempt}};
  if (const json* const details = kept_details(why)) value["details"] = *details;
  return value;
}

bool takes(const compiled_edge& on_error, const error& why) {
  const auto& classes = on_error.errors;
  return classes.empty() ||
         std::find(classes.begin(), classes.end(), why.error_class()) != classes.end();
}

error conflict_error(const compiled_flow& flow, const merge_conflict& conflict,
                     const std::string& where) {
  const token& first = *conflict.first;
  const token& second = *conflict.second;
  const auto differ = std::mismatch(first.branch.begin(), first.branch.end(), second.branch.begin(),
                                    second.branch.end());
  const auto depth = static_cast<std::size_t>(differ.first - first.branch.begin());
  return {errc::conflict,
          "the branches that begin at \"" + first_node(flow, first, depth) + "\" and \"" +
              first_node(flow, second, depth) + "\" and meet at \"" + where +
              "\" wrote different values to \"" + conflict.key +
              "\": let them write different keys (a task's \"into\" sets its key), or set the "
              "join's \"merge\"",
          "merge_conflict"};
}

void run_branches::note_condition(token& t, bool truth) {
  t.condition_result = truth;
  changes_.mark_changed(t);
  changes_.record(event_kind::condition_evaluated, t, {{"result", truth}});
}

void run_branches::leave(token& t) {
  const compiled_node& node = changes_.node_of(t);
  for (const auto& edge : node.conditional) {
    if (edge.follows) {
      if (t.condition_result == edge.follows) return follow(t, edge, "condition");
      continue;
    }
    const auto truth = data_.test(t, *edge.when);
    if (!truth) return failures_.fail_leaving(t, truth.error());
    if (*truth) return follow(t, edge, "when");
  }
  if (node.plain.empty()) return end(t);
  const bool has_choice = !node.conditional.empty() || !node.on_event.empty();
  if (node.plain.size() == 1)
    return follow(t, node.plain.front(), has_choice ? "default" : nullptr);
  fork(t, node.plain);
}

void run_branches::leave_by(token& t, std::string_view event) {
  const auto& edges = changes_.node_of(t).on_event;
  const auto edge = std::find_if(edges.begin(), edges.end(),
                                 [&](const compiled_edge& e) { return e.event == event; });
  if (edge == edges.end()) return leave(t);
  follow(t, *edge, "event");
}

void run_branches::follow(token& t, const compiled_edge& edge, const char* why) {
  if (why != nullptr) {
    changes_.record(event_kind::edge_taken, t,
                    {{"to", changes_.flow().at(edge.target).id}, {"why", why}});
  }
  end_visit(t);
  t.node = edge.target;
  t.phase = token_phase::arriving;
  changes_.mark_changed(t);
}

bool run_branches::follow_timeout(token& t) {
  const auto& edge = changes_.node_of(t).on_timeout;
  if (!edge) return false;
  follow(t, *edge, "timeout");
  return true;
}

result<const compiled_edge*> run_branches::find_error_edge(const token& t, const error& why,
                                                           const json& value) const {
  const compiled_node& node = changes_.node_of(t);
  for (const auto& edge : node.on_error) {
    if (!takes(edge, why)) continue;
    if (!edge.when) return &edge;
    const auto truth = data_.test(t, *edge.when, {{"error", &value}});
    if (!truth) return truth.error();
    if (*truth) return &edge;
  }
  return nullptr;
}

void run_branches::follow_error(token& t, const compiled_edge& edge, const json& error) {
  data_.merge(t, error, edge.into.empty() ? "error" : edge.into);
  follow(t, edge, "error");
}

void run_branches::fork(token& t, const std::vector<compiled_edge>& edges) {
  const std::size_t others = tokens_.count_alive() - (t.phase == token_phase::ended ? 0 : 1);
  const std::size_t most = changes_.allowed().max_tokens;
  if (others + edges.size() > most) {
    return failures_.fail_leaving(
        t, {errc::limit_exceeded, "the fork at node \"" + changes_.node_of(t).id +
                                      "\" would make more than " + std::to_string(most) +
                                      " branches at once (run.max_tokens)"});
  }
  changes_.record(event_kind::forked, t, {{"branches", edges.size()}});
  const token parent = t;  // placing a token invalidates `t`
  for (const auto& edge : edges) tokens_.place_child(parent, edge.target, edge.order);
  tokens_.remove(parent.id);
}

void run_branches::end(token& t) {
  if (t.on_trunk()) return tokens_.remove(t.id);
  changes_.record(event_kind::branch_ended, t);
  end_visit(t);
  t.phase = token_phase::ended;
  changes_.mark_changed(t);
}

std::optional<run_error> run_branches::merge_ended() {
  const auto& tokens = changes_.run().tokens;
  std::vector<const token*> all;
  for (const auto& t : tokens) all.push_back(&t);
  const auto merged = merge_branches(all, 0, merge_policy::error);
  if (const auto* const conflict = std::get_if<merge_conflict>(&merged)) {
    const std::string& second = changes_.node_of(*conflict->second).id;
    return run_error{"merge_conflict",
                     "the branches that ended at \"" + changes_.node_of(*conflict->first).id +
                         "\" and \"" + second + "\" wrote different values to \"" + conflict->key +
                         "\": let them write different keys (a task's \"into\" sets its key)",
                     second, 0};
  }
  changes_.record(event_kind::branches_merged, {{"branches", tokens.size()}});
  for (const auto& [key, written] : std::get<merged_writes>(merged))
    data_.write_to_trunk(key, written.value);
  for (const auto id : tokens.ids()) tokens_.remove(id);
  return std::nullopt;
}

}  // namespace pawl::flow
