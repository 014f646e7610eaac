#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "flow/logic/evaluation.hpp"

namespace pawl::flow::logic {

/// Returns the first place of `needle` in `haystack`, in bytes; none if there is none. Takes linear
/// time for any input and charges it to the budgets of the evaluation.
[[nodiscard]] std::optional<std::size_t> find_text(evaluation& run, std::string_view haystack,
                                                   std::string_view needle);

/// As `find_text`, but charges only the text up to the end of the place found. For the next place
/// of many in one text.
[[nodiscard]] std::optional<std::size_t> next_part(evaluation& run, std::string_view haystack,
                                                   std::string_view needle);

/// Whether `haystack` contains `needle`. Charges as `find_text`.
[[nodiscard]] inline bool contains(evaluation& run, std::string_view haystack,
                                   std::string_view needle) {
  return find_text(run, haystack, needle).has_value();
}

}  // namespace pawl::flow::logic
