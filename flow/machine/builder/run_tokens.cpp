#include "flow/machine/builder/run_tokens.hpp"

#include <algorithm>

#include "flow/machine/builder/branch_path.hpp"

namespace pawl::flow {

token& run_tokens::place(node_index node) {
  run_state& run = changes_.run();
  token& t = run.tokens.emplace_back();
  t.id = run.next_token++;
  t.node = node;
  changes_.change().next_token = run.next_token;
  changes_.mark_changed(t);
  return t;
}

token& run_tokens::place_child(const token& parent, node_index node, std::uint32_t order) {
  token& child = place(node);
  child.condition_result = parent.condition_result;
  child.branch = parent.branch;
  child.branch.push_back(order);
  child.forks = parent.forks;
  child.forks.push_back(parent.node);
  data_.inherit(child, parent);
  return child;
}

void run_tokens::remove(token_id id) {
  changes_.mark_changed(id);
  changes_.change().writes_set.erase(id);
  changes_.erase_map(id);
  std::erase_if(changes_.run().tokens, [id](const token& t) { return t.id == id; });
}

void run_tokens::drop(token_id id) {
  calls_.abandon(*changes_.run().find_token(id));
  remove(id);
}

void run_tokens::drop_branch(const std::vector<std::uint32_t>& branch, std::size_t depth,
                             token_id except) {
  std::vector<token_id> dropped;
  for (const auto& t : changes_.run().tokens)
    if (t.id != except && t.branch.size() >= depth && has_prefix(t, branch, depth))
      dropped.push_back(t.id);
  for (const auto id : dropped) {
    const token& t = *changes_.run().find_token(id);
    if (t.phase != token_phase::ended) changes_.record(event_kind::branch_dropped, t);
    drop(id);
  }
}

void run_tokens::gather(token& t) {
  t.phase = token_phase::gathering;
  changes_.mark_changed(t);
}

std::size_t run_tokens::count_alive() const noexcept {
  const auto& tokens = changes_.run().tokens;
  return static_cast<std::size_t>(std::count_if(
      tokens.begin(), tokens.end(), [](const token& t) { return t.phase != token_phase::ended; }));
}

}  // namespace pawl::flow
