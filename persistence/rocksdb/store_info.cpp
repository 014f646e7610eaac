#include "persistence/rocksdb/store_info.hpp"

#include <memory>
#include <system_error>
#include <utility>

#include "persistence/rocksdb/database.hpp"
#include "persistence/rocksdb/folder.hpp"
#include "persistence/rocksdb/snapshot_view.hpp"
#include "persistence/values/keys_in_use.hpp"

namespace pawl::persistence {
namespace {

/// How often a store that is in use is read before its error is reported.
constexpr int max_reads_in_use = 3;

result<std::shared_ptr<rocks::database>> open_to_read(const std::filesystem::path& folder,
                                                      values::codec_ptr codec) {
  rocksdb_options options;
  options.codec = std::move(codec);
  auto claimed = rocks::claim_existing_folder(folder);
  if (claimed) return rocks::database::open_read_only(std::move(claimed).value(), options, {});
  if (claimed.error().code != errc::locked) return std::move(claimed).error();
  auto found = rocks::find_open_folder(folder);
  if (!found) return std::move(found).error();
  return rocks::database::open_beside_writer(std::move(found).value(), options);
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
  const auto opened = open_to_read(folder, nullptr);
  if (!opened) return opened.error();
  return count_contents(rocks::snapshot_view{*opened, rocks::read_as::stored});
}

result<measured_store> measure_rocksdb_contents(const std::filesystem::path& folder,
                                                values::codec_ptr codec,
                                                const size_progress& progress) {
  for (int reads = 1;; ++reads) {
    const auto opened = open_to_read(folder, codec);
    if (!opened) return opened.error();
    const bool is_in_use = !(*opened)->has_snapshots();
    const rocks::snapshot_view now{*opened};
    if (const auto keys = values::check_keys(now, (*opened)->codec()); !keys) return keys.error();
    auto sizes = measure_contents(now, progress);
    if (sizes) return measured_store{*std::move(sizes), bytes_of_files(folder), is_in_use};
    // Its writer may have deleted a file of large values that was still to be read.
    const errc why = sizes.error().code;
    const bool may_be_gone = is_in_use && (why == errc::io_failed || why == errc::corrupt);
    if (!may_be_gone || reads == max_reads_in_use) return std::move(sizes).error();
  }
}

}  // namespace pawl::persistence
