#include "flow/machine/builder/run_joins.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "flow/machine/builder/branch_path.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {

/// How far the branches of one fork have come, in edge order.
struct run_joins::arrivals {
  struct branch {
    bool is_open = false;      ///< a token of it can still move
    bool has_arrived = false;  ///< a token of it waits at the join

    [[nodiscard]] bool is_complete() const noexcept { return has_arrived && !is_open; }
  };
  std::map<std::uint32_t, branch> branches;

  [[nodiscard]] std::size_t complete() const {
    return static_cast<std::size_t>(
        std::count_if(branches.begin(), branches.end(),
                      [](const auto& entry) { return entry.second.is_complete(); }));
  }
  [[nodiscard]] bool any_open() const {
    return std::any_of(branches.begin(), branches.end(),
                       [](const auto& entry) { return entry.second.is_open; });
  }
};

run_joins::group run_joins::group_of(const token& at) const {
  const std::size_t depth = *changes_.node_of(at).closed_depth(at);
  return {at.node, {at.branch.begin(), at.branch.begin() + static_cast<std::ptrdiff_t>(depth)}};
}

bool run_joins::fail_deadlocked() {
  auto& run = changes_.run();
  const auto is_stuck = [](const token& t) {
    return t.phase == token_phase::gathering || t.phase == token_phase::ended;
  };
  if (!std::all_of(run.tokens.begin(), run.tokens.end(), is_stuck)) return false;
  const auto at = std::find_if(run.tokens.begin(), run.tokens.end(), [&](const token& t) {
    return t.phase == token_phase::gathering && !run.maps.contains(t.id);
  });
  if (at == run.tokens.end()) return false;
  failures_.fail_visit(*at, {errc::conflict,
                             "the join \"" + changes_.node_of(*at).id +
                                 "\" waits for branches that wait at other joins: a deadlock",
                             "join_deadlock"});
  return true;
}

run_joins::arrivals run_joins::count_arrivals(const token& at, std::size_t depth) const {
  arrivals found;
  for (const auto& t : changes_.run().tokens) {
    if (!is_inside(t, at.branch, depth)) continue;
    auto& branch = found.branches[t.branch[depth]];
    if (t.phase == token_phase::gathering && t.node == at.node) {
      branch.has_arrived = true;
    } else if (t.phase != token_phase::ended) {
      branch.is_open = true;
    }
  }
  return found;
}

bool run_joins::close(const token& at) {
  const run_state& run = changes_.run();
  const compiled_node& node = changes_.node_of(at);
  const join_plan& plan = *node.behaviour->join();
  const std::size_t depth = *node.closed_depth(at);
  const arrivals found = count_arrivals(at, depth);
  const std::size_t complete = found.complete();
  const bool is_enough = plan.needed > 0 && complete >= plan.needed;
  if (!is_enough && found.any_open()) return false;
  if (plan.needed > 0 && !is_enough) {
    failures_.fail_visit(*changes_.run().find_token(at.id),
                         {errc::conflict,
                          "the join \"" + node.id + "\" needs " + std::to_string(plan.needed) +
                              " branches, but only " + std::to_string(complete) + " can arrive",
                          "join_unsatisfied"});
    return true;
  }
  std::vector<const token*> merged;
  std::size_t taken = 0;
  for (const auto& [order, branch] : found.branches) {
    if (plan.needed > 0 && (!branch.is_complete() || taken == plan.needed)) continue;
    ++taken;
    for (const auto& t : run.tokens)
      if (is_inside(t, at.branch, depth) && t.branch[depth] == order) merged.push_back(&t);
  }
  const auto together = merge_branches(merged, depth, plan.policy);
  if (const auto* const conflict = std::get_if<merge_conflict>(&together)) {
    failures_.fail_visit(*changes_.run().find_token(at.id),
                         conflict_error(changes_.flow(), *conflict, node.id));
    return true;
  }
  const auto condition = merged.front()->condition_result;
  const bool agree = std::all_of(merged.begin(), merged.end(),
                                 [&](const token* t) { return t->condition_result == condition; });
  token& t = replace_group(at, depth);
  if (agree) t.condition_result = condition;
  for (const auto& [key, written] : std::get<merged_writes>(together)) {
    data_.write(t, key, written.value);
    if (written.depth < depth) t.inherited[key] = static_cast<std::uint32_t>(written.depth);
  }
  changes_.record(event_kind::branches_joined, t, {{"branches", taken}});
  branches_.leave(t);
  return true;
}

token& run_joins::replace_group(const token& at, std::size_t depth) {
  const token before = at;  // `at` is removed below
  std::vector<token_id> replaced;
  for (const auto& t : changes_.run().tokens)
    if (is_inside(t, before.branch, depth)) replaced.push_back(t.id);
  for (const auto id : replaced) {
    const token& t = *changes_.run().find_token(id);
    const bool is_open = t.phase != token_phase::ended && t.phase != token_phase::gathering;
    if (is_open) changes_.record(event_kind::branch_dropped, t);
    tokens_.drop(id);
  }
  const auto prefix_end = static_cast<std::ptrdiff_t>(depth);
  token& t = tokens_.place(before.node);
  t.visit = before.visit;
  t.attempt = before.attempt;
  t.branch.assign(before.branch.begin(), before.branch.begin() + prefix_end);
  t.forks.assign(before.forks.begin(), before.forks.begin() + prefix_end);
  return t;
}

}  // namespace pawl::flow
