#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include <pawl/explanation.hpp>

#include "flow/definition/compiled.hpp"
#include "flow/machine/delta.hpp"
#include "flow/machine/state.hpp"

namespace pawl::flow {

/// A reason, and where in the state it is.
struct found_reason {
  wait_reason shown;   ///< without its text
  token_id token = 0;  ///< 0: the whole run
  node_index node = 0;
  /// The history may have more about it; see `note_event`.
  bool wants_event = false;
};

struct found_reasons {
  std::vector<found_reason> reasons;
  std::size_t left_out = 0;  ///< beyond the maximum
};

/// The reasons why a run does not move, from its state alone: at most `most`. Those of the whole
/// run come first, those that wait for other branches last. `lead`: how far the engine time is
/// ahead of the wall clock. `settle` must have been called for the tokens, as after each
/// transition.
[[nodiscard]] found_reasons find_reasons(const compiled_flow& flow, const run_state& run,
                                         std::chrono::microseconds lead, std::size_t most);

/// Adds to a reason what an event of the run's history says about it: since when it waits, the
/// failure before a retry, the reason of a pause. Call it for the events from the newest one, as
/// long as the reason `wants_event`. `at`: when the event became durable.
void note_event(found_reason& of, const event& what, time_point at);

/// Writes the sentence of a reason from its other fields.
[[nodiscard]] std::string sentence_of(const wait_reason& of);

}  // namespace pawl::flow
