#pragma once

#include <string_view>

#include "flow/logic/evaluation.hpp"

namespace pawl::flow::logic {

/// Writes a value as compact JSON text: members sorted by key, numbers as JavaScript writes them,
/// NaN and infinities as null. Equal values have equal texts. Does not recurse; charges the text to
/// the budget. The result lives as long as the evaluation; it is empty after a failure.
[[nodiscard]] std::string_view json_text_of(evaluation& run, const value& v);

}  // namespace pawl::flow::logic
