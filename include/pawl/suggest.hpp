#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace pawl {

/// Returns the word of `known` that `word` most likely is a typo of: the one at the smallest edit
/// distance (insert, delete, replace a letter, swap two neighbours; case is ignored), which must be
/// at most `max_distance` and a third of the length of the longer word. Of equally near words the
/// first; none if no word is near. Words over 64 bytes are ignored, which bounds the cost of
/// hostile input. Safe for concurrent use.
///
/// Algorithm: optimal string alignment distance (restricted Damerau-Levenshtein distance).
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view word,
                                                      std::span<const std::string_view> known,
                                                      std::size_t max_distance = 64);

}  // namespace pawl
