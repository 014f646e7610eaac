#pragma once

#include <pawl/json.hpp>
#include <pawl/result.hpp>

namespace pawl::flow {

/// Checks that the input and the metadata of a start can be stored: JSON only, not nested deeper
/// than `max_value_depth`. Never recurses deeper than that. Errors: as `check_value`.
[[nodiscard]] result<void> check_start_values(const json& input, const json& metadata);

}  // namespace pawl::flow
