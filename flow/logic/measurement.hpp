#pragma once

#include <optional>

#include <pawl/error.hpp>
#include <pawl/json.hpp>

#include "flow/logic/logic.hpp"

namespace pawl::flow::logic {

/// Checks the size and depth of a rule or template before any recursive code sees it. Returns a
/// diagnostic without a pointer, "rule_too_deep" or "rule_too_large". Safe for JSON of any depth.
[[nodiscard]] std::optional<diagnostic> exceeded_limit(const json& source, const limits& limits);

}  // namespace pawl::flow::logic
