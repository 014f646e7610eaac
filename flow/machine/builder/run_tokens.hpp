#pragma once

#include <cstddef>
#include <vector>

#include "flow/machine/builder/change_set.hpp"
#include "flow/machine/builder/run_calls.hpp"
#include "flow/machine/builder/run_data.hpp"

namespace pawl::flow {

/// The tokens of a run: which there are.
///
/// A reference to a token is valid until a token is placed or removed.
class run_tokens {
 public:
  run_tokens(change_set& changes, run_data& data, run_calls& calls)
      : changes_(changes), data_(data), calls_(calls) {}

  /// Places a token on the trunk; it arrives at the node.
  token& place(node_index node);
  /// Places a token, whose id is assigned, on the branch that it names.
  token& place(token t);
  /// Places a token on a new branch of a fork that `parent`, which need not be in the run, has
  /// reached. `order` is the place of the branch among those of the fork.
  token& place_child(const token& parent, node_index node, std::uint32_t order);
  /// Removes a token that has nothing under way.
  void remove(token_id id);
  /// Abandons what the token waits for, then removes it.
  void drop(token_id id);
  /// The tokens that share the first `depth` forks of a branch, except for one; ascending.
  [[nodiscard]] std::vector<token_id> inside(const std::vector<std::uint32_t>& branch,
                                             std::size_t depth, token_id except);
  /// Drops the tokens that share the first `depth` forks of a branch, except for one.
  void drop_branch(const std::vector<std::uint32_t>& branch, std::size_t depth, token_id except);
  /// Leaves the token waiting for other tokens of the run.
  void gather(token& t);

  /// Number of tokens that have not ended.
  [[nodiscard]] std::size_t count_alive();

 private:
  change_set& changes_;
  run_data& data_;
  run_calls& calls_;
};

}  // namespace pawl::flow
