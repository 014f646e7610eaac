#pragma once

#include <pawl/result.hpp>
#include <pawl/settings.hpp>

namespace pawl::cli {

class session;

/// The settings of the store, for commands that open its folder themselves. Errors:
/// `invalid_argument` (no data folder is set); as `session::load_settings`.
[[nodiscard]] result<storage_settings> find_store(const session& s);

}  // namespace pawl::cli
