#pragma once

#include <cstddef>
#include <cstdint>
#include <set>

#include "flow/machine/builder/change_set.hpp"
#include "flow/machine/builder/failure_handler.hpp"
#include "flow/machine/builder/run_branches.hpp"
#include "flow/machine/builder/run_compensations.hpp"
#include "flow/machine/builder/run_data.hpp"
#include "flow/machine/builder/run_sections.hpp"
#include "flow/machine/builder/run_tokens.hpp"

namespace pawl::flow {

/// Where branches of a fork become one again.
class run_joins {
 public:
  run_joins(change_set& changes, run_data& data, run_tokens& tokens,
            run_compensations& compensations, run_branches& branches, run_sections& sections,
            failure_handler& failures)
      : changes_(changes),
        data_(data),
        tokens_(tokens),
        compensations_(compensations),
        branches_(branches),
        sections_(sections),
        failures_(failures) {}

  /// Closes a join at which tokens of a fork wait, if it closes this fork and all branches it waits
  /// for have arrived, or fails it if they cannot arrive. Returns false if it has to wait.
  bool close(fork_tree::fork_number fork, node_index join);
  /// Fails a join of a run in which joins wait for each other. Returns false if there is none.
  bool fail_deadlocked();

 private:
  /// Replaces the tokens inside a fork by one that is where `at` is, on the branch that forked.
  /// `losers`: branches whose tokens stay, to be stopped and compensated; null: none.
  token& replace(const fork_tree::fork& fork, const token& at,
                 const std::set<std::uint32_t>* losers);

  change_set& changes_;
  run_data& data_;
  run_tokens& tokens_;
  run_compensations& compensations_;
  run_branches& branches_;
  run_sections& sections_;
  failure_handler& failures_;
};

}  // namespace pawl::flow
