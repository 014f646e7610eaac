#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace pawl {

/// The known word that `word` was probably meant to be: the one with the fewest single-letter
/// slips (insert, drop, replace, swap two neighbours; upper and lower case count as equal), as
/// long as these are at most a third of the longer of the two. The first of equally near words;
/// nothing if none is near. An exact match is nearest. Words over 64 bytes are not looked at, so
/// that hostile input costs nothing. The view is one of `known`. Safe for concurrent use.
///
/// Algorithm: optimal string alignment distance (the restricted Damerau-Levenshtein distance).
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view word,
                                                      std::span<const std::string_view> known);

}  // namespace pawl
