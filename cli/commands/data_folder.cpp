#include "cli/commands/data_folder.hpp"

#include "cli/session.hpp"

namespace pawl::cli {

result<std::filesystem::path> find_data_folder(const session& s) {
  const auto loaded = s.load_settings();
  if (!loaded) return loaded.error();
  if (!loaded->values.storage.data_dir.empty())
    return std::filesystem::path{loaded->values.storage.data_dir};
  return error{errc::invalid_argument, "no data folder; use --data-dir DIR"};
}

}  // namespace pawl::cli
