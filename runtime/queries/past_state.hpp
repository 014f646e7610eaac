#pragma once

#include <pawl/run_states.hpp>

#include "flow/definition/compiled.hpp"
#include "flow/machine/state.hpp"

namespace pawl {

/// The public form of a state that a run had. `compiled`: the flow version of the run.
[[nodiscard]] past_state make_past_state(const flow::run_state& state,
                                         const flow::compiled_flow& compiled);

/// The part of a state that can differ between two checkpoints, as JSON: `status`, `pausing`,
/// `undoing`, `error`, `data`, `metadata`, `output`, `places` and `inbox`.
[[nodiscard]] json document_of(const past_state& state);

/// The difference between two such documents, in the form of a JSON Patch (RFC 6902). At most
/// `most` changes.
[[nodiscard]] state_diff difference(const json& from, const json& to, std::size_t most = 1'000);

}  // namespace pawl
