#pragma once

#include <cstddef>
#include <span>

#include "flow/machine/state.hpp"

/// What a token is inside of: maps, sections, and joins that compensate.
namespace pawl::flow {

/// The token of the map or section that encloses the tokens of a branch after its first `level`
/// edges. Null if a fork without a token of its own made the branch. O(log n). The tokens must be
/// settled.
[[nodiscard]] const token* find_enclosing(const run_state& run,
                                          std::span<const std::uint32_t> branch, std::size_t level);

/// The innermost token around a branch inside which steps are being compensated; null if there is
/// none. O(n). The tokens must be settled.
[[nodiscard]] const token* find_compensating(const run_state& run,
                                             std::span<const std::uint32_t> branch);

/// Whether the call of a token was asked to stop because steps are being compensated. Its outcome
/// ends the token.
[[nodiscard]] bool is_stopping(const run_state& run, const token& t) noexcept;

/// The place in `compensations` of the step that a token compensates. There is one.
[[nodiscard]] std::size_t place_of_compensation(const run_state& run, const token& t);

/// Whether a step belongs to a branch that begins with `path` and has more than `depth` edges.
[[nodiscard]] bool is_within(const compensation& step, std::span<const std::uint32_t> path,
                             std::size_t depth) noexcept;

}  // namespace pawl::flow
