#pragma once

#include <pawl/result.hpp>

#include "persistence/store.hpp"

namespace pawl::persistence {

/// Writes a batch, syncs and publishes it. For a store that nothing else writes to, as before an
/// engine has started its actors. Errors: as `store::write`.
[[nodiscard]] result<void> commit_durably(store& to, const batch& changes);

}  // namespace pawl::persistence
