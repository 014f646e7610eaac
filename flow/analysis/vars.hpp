#pragma once

#include <vector>

#include "flow/definition/definition.hpp"

namespace pawl::flow {

/// Checks the `vars` of a flow: the error `bad_name` for a name that no rule can read, and the
/// warning `unknown_variable` for a rule that reads one that the flow does not have. Does nothing
/// for a flow without `vars`.
void check_vars(const definition& flow, std::vector<diagnostic>& diagnostics);

}  // namespace pawl::flow
