#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <pawl/json.hpp>

#include "flow/definition/compiled.hpp"
#include "flow/machine/delta.hpp"

/// The inputs and outputs of steps in a history: how events have them, and how they are read.
namespace pawl::flow {

/// Member of the detail of an event that requests a call: its computed arguments. Arguments that a
/// flow has as literals are not stored. A place of a secret has null.
inline constexpr std::string_view args_member = "args";
/// Member of the detail of an event that ends a step: which part of the delta the step has written.
/// An object with `keys`, and the `token` that has them unless it is clear; or with `data`, values
/// that the delta does not have.
inline constexpr std::string_view wrote_member = "wrote";

/// A value for a history. One whose compact JSON has more than `max_bytes` is replaced by `{"cut":
/// {"bytes": …, "sha256": …, "text": the beginning of its JSON}}`.
[[nodiscard]] json shortened_value(const json& value, std::size_t max_bytes);

/// What a checkpoint has written if nothing else is said: the data of the run, or of the only
/// branch that has written. Null: nothing.
[[nodiscard]] const json* implied_writes(const delta& change);

/// Whether an event ends a step that has succeeded: `step_finished`, or `signal_claimed` of a node
/// of type `signal`, whose steps have no other event.
[[nodiscard]] bool ends_step(const compiled_flow& flow, const event& e);
/// The number of such events in a checkpoint.
[[nodiscard]] std::size_t count_ended(const compiled_flow& flow, const delta& change);

/// The output of the step that an event of the delta ends: the top-level keys of the data that it
/// has written, with their values; cut if it is long. None if the delta does not say it: an earlier
/// version of Pawl has written it, and several steps ended in it.
[[nodiscard]] std::optional<json> output_of(const compiled_flow& flow, const delta& change,
                                            const event& ended);

}  // namespace pawl::flow
