#pragma once

#include <string_view>

#include "flow/logic/evaluation.hpp"
#include "flow/logic/expression.hpp"
#include "flow/logic/value.hpp"

namespace pawl::flow::logic {

/// Returns the value at a path in `data`; undefined if there is none. A segment is a key of an
/// object, or an index or "length" of an array or string. The empty path is the whole data.
[[nodiscard]] value find(evaluation& run, const value& data, const path& where);

/// The same for a path that the rule computed. Here an empty path is one empty name.
[[nodiscard]] value find(evaluation& run, const value& data, std::string_view where);

/// Returns the member or item `key` of a value; undefined if there is none. The key is not split.
[[nodiscard]] value member_of(evaluation& run, const value& parent, std::string_view key);

/// Returns the data itself, in a form that may outlive the current iteration.
[[nodiscard]] value whole(evaluation& run, const value& data);

}  // namespace pawl::flow::logic
