#pragma once

#include <string>
#include <vector>

#include "tests/linear/history.hpp"

namespace pawl::linear {

/// Compares the answers of one run with its history in the engine. Returns one line per
/// contradiction. Checks that
/// - a successful call is in the history exactly once, a refused one never, one without an answer
/// at most
///   once, and nothing else is;
/// - a signal is received once, however often it was sent, and claimed at most once, in order of
/// receipt;
/// - a compare-and-set call took effect only in the status it named, so one of several competing
/// calls
///   won;
/// - no call that was answered before another was made comes after it in the history;
/// - the run becomes idle after the last command;
/// - a `get` returns no older checkpoint than a `get` before it, and two that return the same
/// checkpoint
///   return the same data.
[[nodiscard]] std::vector<std::string> audit(const run_history& run);

/// The same without the checks of starts and signals, for a run of any flow.
[[nodiscard]] std::vector<std::string> audit_commands(const run_history& run);

}  // namespace pawl::linear
