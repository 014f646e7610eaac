#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace pawl::flow {

/// Maximum number of unknown keys that are reported, each for the parser and for the nodes: each
/// costs a search for what was meant.
inline constexpr std::size_t max_unknown_keys = 100;

/// Whether a key belongs to an editor or to the author and Pawl ignores it without a warning: the
/// keys in which graph editors store the look of a flow, and keys that begin with "x-", "_" or "$".
[[nodiscard]] bool is_annotation(std::string_view key) noexcept;

/// Says what an unknown key probably means, to follow a sentence: "; did you mean "retry"?", or a
/// list of the known keys. Knows the names of other workflow languages besides typos.
[[nodiscard]] std::string hint_for_key(std::string_view unknown,
                                       std::span<const std::string_view> known);

}  // namespace pawl::flow
