#pragma once

#include <optional>
#include <string>

#include "flow/machine/builder/change_set.hpp"
#include "flow/machine/builder/lifecycle.hpp"
#include "flow/machine/builder/run_calls.hpp"
#include "flow/machine/builder/run_tokens.hpp"

namespace pawl::flow {

/// The steps of a run that can be compensated, and the compensation of them before the run ends as
/// failed or cancelled: in reverse order, one at a time.
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
  void finish_last(const token& t);
  /// Ends compensating, after the last step. Returns how the run ends.
  [[nodiscard]] compensating end();
  /// Ends compensating before it is complete.
  void give_up();

 private:
  change_set& changes_;
  lifecycle& lifecycle_;
  run_calls& calls_;
  run_tokens& tokens_;
};

}  // namespace pawl::flow
