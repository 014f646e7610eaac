#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include <pawl/run.hpp>

#include "flow/machine/state.hpp"
#include "persistence/store.hpp"

/// Reads the states that a run had at its earlier checkpoints.
namespace pawl::persistence {

/// The number of the last checkpoint of a run; 0 if there is no such run. Errors: `corrupt`,
/// `io_failed`.
[[nodiscard]] result<std::uint64_t> last_checkpoint(const view& from, const run_key& key);

/// Returns the latest stored state of a run that is not after a checkpoint, from which
/// `advance_state` leads to it: the last whole state, or that before the oldest checkpoint. Nothing
/// if there is no such run. Errors: `not_found` if the checkpoint was pruned; `corrupt`,
/// `io_failed`.
[[nodiscard]] result<std::optional<flow::run_state>> load_state_before(const view& from,
                                                                       const run_key& key,
                                                                       std::uint64_t checkpoint);

/// Applies the checkpoints after a state, up to number `to`. Calls `read` after each with its size,
/// until that returns `view::next::stop`; then a further call goes on. Returns whether the state is
/// the one at `to`. Errors: `not_found` if the history up to there was deleted, or is not as long;
/// `corrupt`, `io_failed`.
[[nodiscard]] result<bool> advance_state(const view& from, flow::run_state& state, std::uint64_t to,
                                         const std::function<view::next(std::size_t bytes)>& read);

}  // namespace pawl::persistence
