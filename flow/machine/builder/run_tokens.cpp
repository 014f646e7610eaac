#include "flow/machine/builder/run_tokens.hpp"

#include <span>
#include <utility>

namespace pawl::flow {

token& run_tokens::place(token t) {
  run_state& run = changes_.run();
  t.id = run.next_token++;
  changes_.change().next_token = run.next_token;
  changes_.mark_changed(t.id);
  return run.tokens.add(std::move(t));
}

token& run_tokens::place(node_index node) {
  token t;
  t.node = node;
  return place(std::move(t));
}

token& run_tokens::place_child(const token& parent, node_index node, std::uint32_t order) {
  token child;
  child.node = node;
  child.condition_result = parent.condition_result;
  child.branch = parent.branch;
  child.branch.push_back(order);
  child.forks = parent.forks;
  child.forks.push_back(parent.node);
  token& placed = place(std::move(child));
  data_.inherit(placed, parent);
  return placed;
}

void run_tokens::remove(token_id id) {
  changes_.mark_changed(id);
  changes_.writes().drop(id, changes_.change());
  changes_.change().writes_set.erase(id);
  changes_.erase_map(id);
  changes_.run().tokens.erase(id);
}

void run_tokens::drop(token_id id) {
  calls_.abandon(*changes_.run().find_token(id));
  remove(id);
}

std::vector<token_id> run_tokens::inside(const std::vector<std::uint32_t>& branch,
                                         std::size_t depth, token_id except) {
  auto& tokens = changes_.run().tokens;
  tokens.settle();
  std::vector<token_id> found;
  if (depth == 0) {
    found = tokens.ids();
  } else {
    const auto all = tokens.forks().tokens_inside(std::span{branch}.first(depth));
    found.assign(all.begin(), all.end());
  }
  std::erase(found, except);
  return found;
}

void run_tokens::drop_branch(const std::vector<std::uint32_t>& branch, std::size_t depth,
                             token_id except) {
  for (const auto id : inside(branch, depth, except)) {
    const token& t = *std::as_const(changes_).run().find_token(id);
    if (t.phase != token_phase::ended) changes_.record(event_kind::branch_dropped, t);
    drop(id);
  }
}

void run_tokens::gather(token& t) {
  t.phase = token_phase::gathering;
  changes_.mark_changed(t);
}

std::size_t run_tokens::count_alive() {
  auto& tokens = changes_.run().tokens;
  tokens.settle();
  return tokens.size() - tokens.count(token_phase::ended);
}

}  // namespace pawl::flow
