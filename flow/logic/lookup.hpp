#pragma once

#include <string_view>

#include "flow/logic/evaluation.hpp"
#include "flow/logic/expression.hpp"
#include "flow/logic/value.hpp"

namespace pawl::flow::logic {

/// What stands at a path in `data`; undefined if there is nothing. Objects are asked for their own
/// keys, arrays and texts for an index or "length". The empty path is the whole data.
[[nodiscard]] value find(evaluation& run, const value& data, const path& where);

/// The same for a path that the rule computed, split as it is walked. Here an empty path is one
/// empty name.
[[nodiscard]] value find(evaluation& run, const value& data, std::string_view where);

/// The data itself, in a form that may outlive the iteration that shows it.
[[nodiscard]] value whole(evaluation& run, const value& data);

}  // namespace pawl::flow::logic
