#pragma once

#include <string_view>

#include "flow/logic/evaluation.hpp"

namespace pawl::flow::logic {

/// True if `needle` stands somewhere in `haystack`. Takes time linear in both, whatever they are,
/// and pays for it from the evaluation's budgets.
[[nodiscard]] bool contains(evaluation& run, std::string_view haystack, std::string_view needle);

}  // namespace pawl::flow::logic
