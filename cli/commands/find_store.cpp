#include "cli/commands/find_store.hpp"

#include "cli/session.hpp"

namespace pawl::cli {

result<storage_settings> find_store(const session& s) {
  const auto loaded = s.load_settings();
  if (!loaded) return loaded.error();
  if (!loaded->values.storage.data_dir.empty()) return loaded->values.storage;
  return error{errc::invalid_argument, "no data folder; use --data-dir DIR"};
}

}  // namespace pawl::cli
