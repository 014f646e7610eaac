#pragma once

#include "flow/schema/program.hpp"

namespace pawl::flow::schema {

/// Whether the number of subschemas that each subschema applies to one value, before validation
/// descends into the value, is limited. A schema that refers to itself without descending never
/// ends, and some finite schemas grow exponentially.
[[nodiscard]] bool is_within_limit(const program& schema);

}  // namespace pawl::flow::schema
