#include "flow/machine/builder/run_joins.hpp"

#include <algorithm>
#include <utility>

#include "flow/nodes/node.hpp"

namespace pawl::flow {

bool run_joins::fail_deadlocked() {
  auto& run = changes_.run();
  run.tokens.settle();
  if (run.tokens.count(token_phase::gathering) + run.tokens.count(token_phase::ended) <
      run.tokens.size())
    return false;
  const auto at = std::find_if(run.tokens.begin(), run.tokens.end(), [&](const token& t) {
    return t.phase == token_phase::gathering && changes_.node_of(t).behaviour->join() && !t.exit;
  });
  if (at == run.tokens.end()) return false;
  failures_.fail_visit(*run.find_token(at->id),
                       {errc::conflict,
                        "the join \"" + changes_.node_of(*at).id +
                            "\" waits for branches that wait at other joins: a deadlock",
                        "join_deadlock"});
  return true;
}

bool run_joins::close(fork_tree::fork_number fork, node_index join) {
  run_state& run = changes_.run();
  run.tokens.settle();
  const auto& branches = *run.tokens.forks().find(fork);
  const auto arrived = branches.arrived_at.find(join);
  if (arrived == branches.arrived_at.end()) return false;
  const token& at = *std::as_const(run).find_token(arrived->second.tokens.front());
  const compiled_node& node = changes_.node_of(at);
  const join_plan* const plan = node.behaviour->join();
  const std::size_t depth = branches.depth;
  // A token may wait at a join that closes a fork further out, or for the items of a map.
  if (plan == nullptr || node.closed_depth(at) != depth) return false;
  const std::size_t complete = branches.complete(join);
  const bool is_enough = plan->needed > 0 && complete >= plan->needed;
  if (!is_enough && branches.open(join) > 0) return false;
  if (plan->needed > 0 && !is_enough) {
    failures_.fail_visit(*run.find_token(at.id),
                         {errc::conflict,
                          "the join \"" + node.id + "\" needs " + std::to_string(plan->needed) +
                              " branches, but only " + std::to_string(complete) + " can arrive",
                          "join_unsatisfied"});
    return true;
  }
  std::vector<const token*> merged;
  std::set<std::uint32_t> losers;
  std::size_t taken = 0;
  for (const auto& [order, branch] : branches.branches) {
    const bool loses = plan->needed > 0 && (branch.complete_at() != join || taken == plan->needed);
    if (!loses) ++taken;
    if (loses) losers.insert(order);
    if (loses && !plan->keeps_losers) continue;
    for (const auto id : branch.tokens) merged.push_back(std::as_const(run).find_token(id));
  }
  const auto together = merge_branches(merged, depth, plan->policy);
  if (const auto* const conflict = std::get_if<merge_conflict>(&together)) {
    failures_.fail_visit(*run.find_token(at.id),
                         conflict_error(changes_.flow(), *conflict, node.id));
    return true;
  }
  const auto condition = merged.front()->condition_result;
  const bool agree = std::all_of(merged.begin(), merged.end(),
                                 [&](const token* t) { return t->condition_result == condition; });
  token& t = replace(branches, at, plan->compensates_losers ? &losers : nullptr);
  if (agree) t.condition_result = condition;
  for (const auto& [key, written] : std::get<merged_writes>(together)) {
    if (written.depth < depth)
      data_.restore(t, key, written.value, static_cast<std::uint32_t>(written.depth));
    else
      data_.write(t, key, written.value);
  }
  changes_.record(event_kind::branches_joined, t, {{"branches", taken}});
  if (plan->compensates_losers) {
    sections_.compensate(t, {});
  } else {
    branches_.leave(t);
  }
  return true;
}

token& run_joins::replace(const fork_tree::fork& fork, const token& at,
                          const std::set<std::uint32_t>* losers) {
  const auto prefix_end = static_cast<std::ptrdiff_t>(fork.depth);
  token joined;
  joined.node = at.node;
  joined.visit = at.visit;
  joined.attempt = at.attempt;
  joined.branch.assign(at.branch.begin(), at.branch.begin() + prefix_end);
  joined.forks.assign(at.forks.begin(), at.forks.begin() + prefix_end);
  std::vector<token_id> replaced;
  for (const auto& [order, branch] : fork.branches) {
    if (losers != nullptr && losers->contains(order)) continue;
    replaced.insert(replaced.end(), branch.tokens.begin(), branch.tokens.end());
    std::vector<std::uint32_t> path = joined.branch;
    path.push_back(order);
    compensations_.hand_over(path, fork.depth);
  }
  std::sort(replaced.begin(), replaced.end());
  for (const auto id : replaced) {
    const token& t = *std::as_const(changes_).run().find_token(id);
    const bool is_open = t.phase != token_phase::ended && t.phase != token_phase::gathering;
    if (is_open) changes_.record(event_kind::branch_dropped, t);
    tokens_.drop(id);
  }
  return tokens_.place(std::move(joined));
}

}  // namespace pawl::flow
