#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include <pawl/json.hpp>

#include "flow/schema/budget.hpp"

/// Equality as JSON Schema defines it: numbers are equal if their values are (1 and 1.0), objects
/// if they have the same members. Each visited value costs a step, each 64 bytes of text another.
namespace pawl::flow::schema {

/// Equal values have equal hashes. The result means nothing when the budget has stopped.
[[nodiscard]] std::uint64_t hash_of(const json& value, budget& work);

/// Returns false when the budget has stopped.
[[nodiscard]] bool are_equal(const json& a, const json& b, budget& work);

/// Finds two equal items of an array, the first such by the second's position; none when the budget
/// has stopped.
[[nodiscard]] std::optional<std::pair<std::size_t, std::size_t>> find_duplicate(const json& array,
                                                                                budget& work);

}  // namespace pawl::flow::schema
