#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "flow/machine/builder/change_set.hpp"
#include "flow/machine/builder/failure_handler.hpp"
#include "flow/machine/builder/run_branches.hpp"
#include "flow/machine/builder/run_data.hpp"
#include "flow/machine/builder/run_tokens.hpp"

namespace pawl::flow {

/// Where branches of a fork become one again.
class run_joins {
 public:
  run_joins(change_set& changes, run_data& data, run_tokens& tokens, run_branches& branches,
            failure_handler& failures)
      : changes_(changes), data_(data), tokens_(tokens), branches_(branches), failures_(failures) {}

  /// Names the branches that meet at one join: its node, and the path to the fork it closes.
  using group = std::pair<node_index, std::vector<std::uint32_t>>;
  /// The group of a token that waits at a join.
  [[nodiscard]] group group_of(const token& at) const;

  /// Closes the join at which a token waits, if all branches it waits for have arrived, or fails it
  /// if they cannot arrive. Returns false if it has to wait.
  bool close(const token& at);
  /// Fails a join of a run in which joins wait for each other. Returns false if there is none.
  bool fail_deadlocked();

 private:
  struct arrivals;

  [[nodiscard]] arrivals count_arrivals(const token& at, std::size_t depth) const;
  /// Replaces the tokens of the fork by one on the branch that forked.
  token& replace_group(const token& at, std::size_t depth);

  change_set& changes_;
  run_data& data_;
  run_tokens& tokens_;
  run_branches& branches_;
  failure_handler& failures_;
};

}  // namespace pawl::flow
