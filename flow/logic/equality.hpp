#pragma once

#include "flow/logic/evaluation.hpp"

namespace pawl::flow::logic {

/// Whether two values are the same JSON: no conversions, arrays and objects by their contents, 1
/// and 1.0 equal. Null and absent are equal. Does not recurse; each pair visited costs a step.
/// After a failure the result is meaningless.
[[nodiscard]] bool deeply_equal(evaluation& run, const value& a, const value& b);

}  // namespace pawl::flow::logic
