#include "flow/machine/fork_tree.hpp"

#include <algorithm>

#include <pawl/assert.hpp>

#include "flow/machine/sorted_ids.hpp"

namespace pawl::flow {
namespace {

/// Whether a token does not move any more by itself.
bool has_stopped(token_phase phase) noexcept {
  return phase == token_phase::ended || phase == token_phase::gathering;
}

void count_down(std::map<node_index, std::size_t>& counts, node_index node) {
  const auto found = counts.find(node);
  PAWL_ASSERT_RUN(found != counts.end(), "a token that waits at a node was counted there");
  if (--found->second == 0) counts.erase(found);
}

}  // namespace

std::optional<node_index> fork_tree::branch::complete_at() const noexcept {
  if (gathering.size() != 1) return std::nullopt;
  const auto& [node, count] = *gathering.begin();
  return ended + count == tokens.size() ? std::optional{node} : std::nullopt;
}

std::size_t fork_tree::fork::complete(node_index node) const noexcept {
  const auto found = arrived_at.find(node);
  return found == arrived_at.end() ? 0 : found->second.complete;
}

std::size_t fork_tree::fork::open(node_index node) const noexcept {
  return branches.size() - ended.size() - complete(node);
}

fork_tree::fork_number fork_tree::add_fork(std::size_t depth) {
  const fork_number number = depth == 0 ? root : ++last_;
  forks_[number].depth = depth;
  return number;
}

template <class Change>
void fork_tree::change_branches(const token& t, bool may_close, const Change& change) {
  if (t.branch.empty()) return;
  fork_number number = forks_.contains(root) ? root : add_fork(0);
  for (std::size_t depth = 0;; ++depth) {
    const std::uint32_t order = t.branch[depth];
    fork& at = forks_.at(number);
    branch& taken = at.branches[order];
    const auto complete_before = taken.complete_at();
    change(at, taken);
    const auto complete_after = taken.complete_at();
    if (complete_before != complete_after) {
      if (complete_before) --at.arrived_at[*complete_before].complete;
      if (complete_after) ++at.arrived_at[*complete_after].complete;
    }
    // A branch without tokens is about to be removed.
    if (taken.has_ended() && !taken.tokens.empty())
      at.ended.insert(order);
    else
      at.ended.erase(order);
    if (may_close) changed_.emplace(depth, number);
    if (depth + 1 == t.branch.size()) return;
    if (taken.inner == 0) taken.inner = add_fork(depth + 1);
    number = taken.inner;
  }
}

void fork_tree::add(const token& t) {
  change_branches(t, has_stopped(t.phase), [&t](fork& at, branch& taken) {
    insert_id(taken.tokens, t.id);
    if (t.phase == token_phase::ended) ++taken.ended;
    if (t.phase != token_phase::gathering) return;
    ++taken.gathering[t.node];
    insert_id(at.arrived_at[t.node].tokens, t.id);
  });
}

void fork_tree::move(const token& t, node_index node, token_phase phase) {
  if (!has_stopped(t.phase) && !has_stopped(phase)) return;
  change_branches(t, has_stopped(t.phase), [&](fork& at, branch& taken) {
    if (phase == token_phase::ended) --taken.ended;
    if (t.phase == token_phase::ended) ++taken.ended;
    if (phase == token_phase::gathering) {
      count_down(taken.gathering, node);
      erase_id(at.arrived_at[node].tokens, t.id);
    }
    if (t.phase == token_phase::gathering) {
      ++taken.gathering[t.node];
      insert_id(at.arrived_at[t.node].tokens, t.id);
    }
  });
  if (phase == token_phase::gathering) prune(t.branch, node);
}

void fork_tree::erase(const token& t, node_index node, token_phase phase) {
  change_branches(t, true, [&](fork& at, branch& taken) {
    erase_id(taken.tokens, t.id);
    if (phase == token_phase::ended) --taken.ended;
    if (phase != token_phase::gathering) return;
    count_down(taken.gathering, node);
    erase_id(at.arrived_at[node].tokens, t.id);
  });
  prune(t.branch, node);
}

/// Removes what a token has left empty along its path.
void fork_tree::prune(std::span<const std::uint32_t> path, node_index node) {
  std::vector<fork_number> passed;
  for (fork_number number = root; passed.size() < path.size();) {
    passed.push_back(number);
    number = forks_.at(number).branches.at(path[passed.size() - 1]).inner;
  }
  bool inner_is_empty = false;
  for (std::size_t depth = path.size(); depth-- > 0;) {
    const auto at = forks_.find(passed[depth]);
    auto& [branch_depth, branches, ended, arrived_at] = at->second;
    if (const auto waiting = arrived_at.find(node);
        waiting != arrived_at.end() && waiting->second.tokens.empty())
      arrived_at.erase(waiting);
    const auto taken = branches.find(path[depth]);
    if (inner_is_empty) taken->second.inner = 0;
    if (taken->second.tokens.empty()) branches.erase(taken);
    inner_is_empty = branches.empty();
    if (!inner_is_empty) continue;
    changed_.erase({branch_depth, passed[depth]});
    forks_.erase(at);
  }
}

const fork_tree::fork* fork_tree::find(fork_number number) const noexcept {
  const auto found = forks_.find(number);
  return found == forks_.end() ? nullptr : &found->second;
}

const fork_tree::fork* fork_tree::find(std::span<const std::uint32_t> path) const noexcept {
  const fork* at = find(root);
  for (const auto order : path) {
    if (at == nullptr) return nullptr;
    const auto taken = at->branches.find(order);
    at = taken == at->branches.end() ? nullptr : find(taken->second.inner);
  }
  return at;
}

std::span<const token_id> fork_tree::tokens_inside(
    std::span<const std::uint32_t> path) const noexcept {
  const fork* const at = find(path.first(path.size() - 1));
  if (at == nullptr) return {};
  const auto taken = at->branches.find(path.back());
  if (taken == at->branches.end()) return {};
  return taken->second.tokens;
}

std::optional<fork_tree::fork_number> fork_tree::first_changed() const noexcept {
  return changed_.empty() ? std::nullopt : std::optional{changed_.rbegin()->second};
}

void fork_tree::checked(fork_number number) {
  if (const auto found = forks_.find(number); found != forks_.end())
    changed_.erase({found->second.depth, number});
}

bool operator==(const fork_tree& a, const fork_tree& b) {
  // The numbers of forks differ, so both are walked together.
  using fork_number = fork_tree::fork_number;
  if (a.forks_.size() != b.forks_.size()) return false;
  if (a.forks_.empty()) return true;
  std::vector<std::pair<fork_number, fork_number>> left{{fork_tree::root, fork_tree::root}};
  while (!left.empty()) {
    const auto [in_a, in_b] = left.back();
    left.pop_back();
    const auto& x = a.forks_.at(in_a);
    const auto& y = b.forks_.at(in_b);
    const auto same_branch = [&left](const auto& one, const auto& other) {
      const auto& [order, p] = one;
      const auto& [other_order, q] = other;
      if (p.inner != 0 && q.inner != 0) left.emplace_back(p.inner, q.inner);
      return order == other_order && p.tokens == q.tokens && p.ended == q.ended &&
             p.gathering == q.gathering && (p.inner == 0) == (q.inner == 0);
    };
    const auto same_arrivals = [](const auto& one, const auto& other) {
      return one.first == other.first && one.second.tokens == other.second.tokens &&
             one.second.complete == other.second.complete;
    };
    if (x.depth != y.depth || x.ended != y.ended ||
        !std::equal(x.branches.begin(), x.branches.end(), y.branches.begin(), y.branches.end(),
                    same_branch) ||
        !std::equal(x.arrived_at.begin(), x.arrived_at.end(), y.arrived_at.begin(),
                    y.arrived_at.end(), same_arrivals))
      return false;
  }
  return true;
}

}  // namespace pawl::flow
