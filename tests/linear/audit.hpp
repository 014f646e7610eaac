#pragma once

#include <string>
#include <vector>

#include "tests/linear/history.hpp"

namespace pawl::linear {

/// Holds the answers of one run against the history that the engine itself has kept of it. Each
/// line is one contradiction; none: there is none. What is checked:
/// - what was answered as done is in the story exactly once, what was refused is not, what was not
///   answered at most once; nothing else is in it;
/// - a signal is received once however often it was sent, and claimed at most once, in the order in
///   which the signals came;
/// - a compare-and-set call was done only where the run had the status it named, so of several
///   callers with one expectation one has won;
/// - the story's order does not contradict what had been answered before what was asked;
/// - when nobody asks anything of it any more, the run comes to rest;
/// - a `get` sees no older checkpoint than one that was over before it began, and two that see
///   the same checkpoint see the same.
[[nodiscard]] std::vector<std::string> audit(const run_history& run);

}  // namespace pawl::linear
