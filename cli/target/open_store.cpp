#include "cli/target/open_store.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

#include "cli/text.hpp"
#include "persistence/rocksdb/rocksdb_store.hpp"
#include "persistence/rocksdb/store_beside_writer.hpp"
#include "persistence/run_removal.hpp"
#include "persistence/store_copy.hpp"
#include "runtime/store_codec.hpp"

namespace pawl::cli {

result<void> check_store(const storage_settings& storage, store_use use) {
  const auto& dir = storage.data_dir;
  if (use == store_use::memory || !storage.url.empty()) return {};
  if (dir.empty()) {
    return error{errc::invalid_argument,
                 "no data folder or server given: use --data-dir DIR, PAWL_STORAGE_DATA_DIR or "
                 "storage.data_dir for a data folder, or --server URL for a server"};
  }
  if (use == store_use::create) return {};
  std::error_code failure;
  const auto exists = [&](const std::filesystem::path& path) {
    return std::filesystem::exists(path, failure);
  };
  if (exists(dir / "PAWL") || exists(dir / "CURRENT")) return {};
  // Other errors are left to the store, which reports them in full.
  if (failure && failure != std::errc::no_such_file_or_directory) return {};
  return error{errc::not_found, "no store in " + printable(dir.string()) +
                                    "; check --data-dir (`pawl run --data-dir` creates one)"};
}

result<std::unique_ptr<persistence::store>> open_plain_store(session& s, const settings& with,
                                                             store_use use,
                                                             persistence::values::codec_ptr codec) {
  if (s.uses_server()) {
    return error{
        errc::not_supported,
        "this command works on a data folder; stop the server, or copy its backup, and use "
        "--data-dir DIR"};
  }
  if (!with.storage.url.empty()) {
    return error{errc::not_supported,
                 "this command works on a data folder, not on a database (storage.url); use "
                 "--data-dir DIR without storage.url"};
  }
  if (const auto there = check_store(with.storage, use); !there) return there.error();
  const auto& folder = with.storage.data_dir;
  if (!codec) {
    auto made = make_store_codec(with.storage);
    if (!made) return std::move(made).error();
    codec = *std::move(made);
  }
  persistence::rocksdb_options options;
  options.codec = std::move(codec);
  options.mode = with.storage.durability;
  options.cache_bytes = with.storage.cache_bytes;
  options.memtable_bytes = with.storage.memtable_bytes;
  auto opened = persistence::open_rocksdb_store(folder, options);
  if (!opened && use == store_use::read && opened.error().code == errc::locked) {
    opened = persistence::open_store_beside_writer(folder, options);
    if (opened) s.print_read_beside_writer();
  }
  if (!opened) return std::move(opened).error();
  if (const auto good = persistence::check_complete(*(*opened)->durable_view()); !good)
    return good.error();
  if (use == store_use::read) return opened;
  // What a crash has left of deletions is not there for a command that writes.
  if (const auto done = persistence::finish_removals(**opened); !done) return done.error();
  return opened;
}

}  // namespace pawl::cli
