#pragma once

#include <optional>
#include <string_view>

#include <pawl/run.hpp>

#include "flow/definition/compiled.hpp"
#include "flow/machine/delta.hpp"

namespace pawl::flow {

/// An event as a history shows it, with the name of its node and without the input and output of
/// its step.
[[nodiscard]] history_event to_history(const compiled_flow& flow, const event& e,
                                       std::uint64_t checkpoint, time_point at);

/// The same with both: `args` of an event that requests a call, `output` of one that ends a step.
/// `change`: the checkpoint with the event.
[[nodiscard]] history_event to_history_with_values(const compiled_flow& flow, const delta& change,
                                                   const event& e);

/// The kind of the event that stands for those of a checkpoint that cannot be read. It is not
/// stored, so it is no `event_kind`.
inline constexpr std::string_view damaged_kind = "damaged";

/// The kind of events with this name; none if there is no such kind.
[[nodiscard]] std::optional<event_kind> parse_event_kind(std::string_view name) noexcept;
/// The kind, also `damaged_kind`, nearest to a name that is none, or "".
[[nodiscard]] std::string_view nearest_event_kind(std::string_view name);

}  // namespace pawl::flow
