#pragma once

#include <vector>

#include "flow/analysis/live_graph.hpp"

namespace pawl::flow {

/// Warns of settings that never do anything: a section or a join that compensates steps, or makes
/// them final, of which none can be compensated.
void warn_of_idle_settings(const live_graph& graph, std::vector<diagnostic>& diagnostics);

/// Warns of keys of the data that no rule can read, because a variable of rules has their name.
/// `has_vars`: rules can read `vars`.
void warn_of_hidden_keys(const live_graph& graph, bool has_vars,
                         std::vector<diagnostic>& diagnostics);

}  // namespace pawl::flow
