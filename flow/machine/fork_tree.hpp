#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "flow/machine/token.hpp"

namespace pawl::flow {

/// The forks that tokens of a run are inside of, and how far each branch has come. Kept up to date
/// token by token, so that a join or a map knows at once whether it can close, however many
/// branches it waits for.
///
/// The edges that a token took at the forks it passed are its path through the tree. The items of a
/// map are the branches of a fork, too. An update takes O(d log n) for a token inside d forks.
///
/// Not thread-safe.
class fork_tree {
 public:
  /// Number of a fork in the tree. The branches of the trunk belong to the first fork.
  using fork_number = std::uint32_t;

  /// A branch of a fork, with all forks inside it.
  struct branch {
    std::vector<token_id> tokens;  ///< ascending
    std::size_t ended = 0;         ///< tokens that have ended
    /// Tokens that wait for others, by the node where they wait.
    std::map<node_index, std::size_t> gathering;
    fork_number inner = 0;  ///< the fork inside it, or 0

    /// Whether all its tokens have ended.
    [[nodiscard]] bool has_ended() const noexcept { return ended == tokens.size(); }
    /// The node where tokens of it wait if no other token of it can still move.
    [[nodiscard]] std::optional<node_index> complete_at() const noexcept;
  };

  struct arrivals {
    std::vector<token_id> tokens;  ///< that wait at the node, ascending
    std::size_t complete = 0;      ///< branches that are complete there
  };

  struct fork {
    std::size_t depth = 0;                      ///< number of forks before it
    std::map<std::uint32_t, branch> branches;   ///< by the edge taken
    std::set<std::uint32_t> ended;              ///< branches that have ended
    std::map<node_index, arrivals> arrived_at;  ///< by the node where tokens wait

    /// Branches of which a token can move and does not wait at `node`.
    [[nodiscard]] std::size_t open(node_index node) const noexcept;
    /// Branches that wait at `node` and have no other token that can move.
    [[nodiscard]] std::size_t complete(node_index node) const noexcept;
    /// A token inside it.
    [[nodiscard]] token_id any_token() const noexcept {
      return branches.begin()->second.tokens.front();
    }
  };

  void add(const token& t);
  /// `node` and `phase`: those that the tree knows, which may be from before the last change.
  void move(const token& t, node_index node, token_phase phase);
  void erase(const token& t, node_index node, token_phase phase);

  /// A fork by its number, or by the edges taken before it. Null if no token is inside it.
  [[nodiscard]] const fork* find(fork_number number) const noexcept;
  [[nodiscard]] const fork* find(std::span<const std::uint32_t> path) const noexcept;
  /// The tokens that took these edges, at least one, and any further ones; ascending. Valid until
  /// a token moves.
  [[nodiscard]] std::span<const token_id> tokens_inside(
      std::span<const std::uint32_t> path) const noexcept;

  /// A fork some of whose branches have come further since `checked`, the innermost first. None if
  /// there is none.
  [[nodiscard]] std::optional<fork_number> first_changed() const noexcept;
  void checked(fork_number number);

  /// Whether both hold the same, whatever was checked. For tests.
  friend bool operator==(const fork_tree& a, const fork_tree& b);

 private:
  static constexpr fork_number root = 1;

  /// Calls `change(fork, branch)` for each fork that a token has passed, and updates what depends
  /// on the branch. `may_close`: the branches have come further.
  template <class Change>
  void change_branches(const token& t, bool may_close, const Change& change);
  void prune(std::span<const std::uint32_t> path, node_index node);
  [[nodiscard]] fork_number add_fork(std::size_t depth);

  std::unordered_map<fork_number, fork> forks_;
  fork_number last_ = root;
  std::set<std::pair<std::size_t, fork_number>> changed_;  ///< by depth
};

}  // namespace pawl::flow
