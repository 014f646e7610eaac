#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "flow/machine/builder/change_set.hpp"
#include "flow/machine/builder/lifecycle.hpp"
#include "flow/machine/builder/run_calls.hpp"
#include "flow/machine/builder/run_tokens.hpp"

namespace pawl::flow {

/// The detail of the event that compensation begins: the number of completed steps to compensate,
/// and of calls under way, which are awaited and may have to be compensated, too.
[[nodiscard]] json compensating_detail(std::size_t steps, std::size_t awaited);

/// The steps of a run that can be compensated, and the compensation of them before the run ends as
/// failed or cancelled: in reverse order, one at a time. A step belongs to the branch in which it
/// completed, until that branch becomes one with others.
class run_compensations {
 public:
  run_compensations(change_set& changes, lifecycle& lifecycle, run_calls& calls, run_tokens& tokens)
      : changes_(changes), lifecycle_(lifecycle), calls_(calls), tokens_(tokens) {}

  /// Notes that a step succeeded that can be compensated by a call with these arguments.
  void add(const token& t, json args);
  /// Starts to compensate, before the run ends as `to`. Calls under way are cancelled, and their
  /// outcomes awaited: they may have to be compensated too. Returns false if there is nothing to
  /// compensate or the run compensates already.
  [[nodiscard]] bool begin(run_status to, std::optional<run_error> error,
                           const std::string& reason);
  /// Places a token that compensates the last step; null if no step is left.
  [[nodiscard]] token* place_last();
  /// Ends the compensation that the token was placed for: it has succeeded, or is skipped.
  void finish(const token& t);
  /// The last step inside a branch; null if there is none.
  [[nodiscard]] const compensation* last_within(std::span<const std::uint32_t> branch) const;
  /// Number of steps inside a branch.
  [[nodiscard]] std::size_t count_within(std::span<const std::uint32_t> branch) const;
  /// Gives the steps of a branch to the branch around it, which has `depth` edges.
  void hand_over(std::span<const std::uint32_t> branch, std::size_t depth);
  /// Makes the steps inside a branch final: they are never compensated.
  void make_final(std::span<const std::uint32_t> branch);
  /// Ends compensating, after the last step. Returns how the run ends.
  [[nodiscard]] compensating end();
  /// Ends all compensation before it is complete.
  void give_up();

 private:
  /// Replaces the steps from a place on.
  void replace_from(std::size_t first, std::vector<compensation> steps);
  change_set& changes_;
  lifecycle& lifecycle_;
  run_calls& calls_;
  run_tokens& tokens_;
};

}  // namespace pawl::flow
