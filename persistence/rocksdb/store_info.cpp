#include "persistence/rocksdb/store_info.hpp"

#include <memory>
#include <system_error>
#include <utility>

#include "persistence/rocksdb/database.hpp"
#include "persistence/rocksdb/folder.hpp"
#include "persistence/rocksdb/snapshot_view.hpp"

namespace pawl::persistence {
namespace {

result<std::unique_ptr<const view>> open_to_read(const std::filesystem::path& folder) {
  auto claimed = rocks::claim_existing_folder(folder);
  if (!claimed) return std::move(claimed).error();
  auto opened = rocks::database::open_read_only(std::move(claimed).value(), {}, {});
  if (!opened) return std::move(opened).error();
  return std::unique_ptr<const view>{std::make_unique<rocks::snapshot_view>(*std::move(opened))};
}

std::uint64_t bytes_of_files(const std::filesystem::path& folder) {
  std::uint64_t sum = 0;
  std::error_code skipped;  // a file that is gone takes no space
  std::filesystem::recursive_directory_iterator at{folder, skipped};
  for (; at != std::filesystem::recursive_directory_iterator{}; at.increment(skipped)) {
    if (!at->is_regular_file(skipped)) continue;
    const auto size = at->file_size(skipped);
    if (!skipped) sum += size;
  }
  return sum;
}

}  // namespace

result<store_contents> count_rocksdb_contents(const std::filesystem::path& folder) {
  const auto opened = open_to_read(folder);
  if (!opened) return opened.error();
  return count_contents(**opened);
}

result<measured_store> measure_rocksdb_contents(const std::filesystem::path& folder,
                                                const size_progress& progress) {
  const auto opened = open_to_read(folder);
  if (!opened) return opened.error();
  auto sizes = measure_contents(**opened, progress);
  if (!sizes) return std::move(sizes).error();
  return measured_store{*std::move(sizes), bytes_of_files(folder)};
}

}  // namespace pawl::persistence
