#pragma once

#include <optional>
#include <string>

#include <pawl/json.hpp>

#include "flow/logic/operators/operators.hpp"

namespace pawl::flow::logic {

/// What is probably wrong in a valid rule, as a warning.
struct suspicion {
  const char* code;
  std::string message;
};

/// Looks for calls whose result hardly ever is what their author means: a comparison of arrays or
/// objects by identity, and a variable in the body of `reduce` that is always absent. `in_reduce`:
/// the call reads its data from such a body.
[[nodiscard]] std::optional<suspicion> suspicion_of_call(const operator_entry& called,
                                                         const json& argument, bool in_reduce);

/// Looks for rules in an object that stands as it is written, since it has several keys. Recursive;
/// `exceeded_limit` has bounded the depth.
[[nodiscard]] std::optional<suspicion> suspicion_of_literal(const json& object);

}  // namespace pawl::flow::logic
