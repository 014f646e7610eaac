#pragma once

#include "flow/machine/builder/change_set.hpp"

namespace pawl::flow {

/// Computes the declared attributes of a run again if the transition has changed its data or its
/// metadata, and records those that differ. A value that cannot be one is a problem of the
/// attribute, not an error of the run. Does nothing for a flow without attributes.
void update_attributes(change_set& changes);

}  // namespace pawl::flow
