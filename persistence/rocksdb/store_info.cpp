#include "persistence/rocksdb/store_info.hpp"

#include <utility>

#include "persistence/rocksdb/database.hpp"
#include "persistence/rocksdb/folder.hpp"
#include "persistence/rocksdb/snapshot_view.hpp"

namespace pawl::persistence {

result<store_contents> count_rocksdb_contents(const std::filesystem::path& folder) {
  auto claimed = rocks::claim_existing_folder(folder);
  if (!claimed) return std::move(claimed).error();
  auto opened = rocks::database::open_read_only(std::move(claimed).value(), {}, {});
  if (!opened) return std::move(opened).error();
  return count_contents(rocks::snapshot_view{*std::move(opened), rocks::read_as::stored});
}

}  // namespace pawl::persistence
