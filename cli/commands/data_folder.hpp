#pragma once

#include <filesystem>

#include <pawl/result.hpp>

namespace pawl::cli {

class session;

/// The data folder of the settings, for commands that open the store themselves. Errors:
/// `invalid_argument` (there is none); as `session::load_settings`.
[[nodiscard]] result<std::filesystem::path> find_data_folder(const session& s);

}  // namespace pawl::cli
