#pragma once

#include <string_view>

#include "flow/logic/evaluation.hpp"

namespace pawl::flow::logic {

/// Whether `haystack` contains `needle`. Takes linear time for any input and charges it to the
/// budgets of the evaluation.
[[nodiscard]] bool contains(evaluation& run, std::string_view haystack, std::string_view needle);

}  // namespace pawl::flow::logic
