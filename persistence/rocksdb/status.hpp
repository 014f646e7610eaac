#pragma once

#include <filesystem>
#include <string_view>

#include <rocksdb/status.h>

#include <pawl/error.hpp>

namespace pawl::persistence::rocks {

/// "opening the store in /var/lib/pawl"
[[nodiscard]] std::string doing_to(std::string_view doing, const std::filesystem::path& folder);

/// The error for an operating system's error number, which tells what was being done and what to
/// do: `storage_full`, `read_only`, `invalid_argument` (not a folder), `io_failed`.
[[nodiscard]] error from_errno(int number, std::string_view doing,
                               const std::filesystem::path& folder);

/// The same for what RocksDB answered. `status` is not ok.
[[nodiscard]] error from_status(const rocksdb::Status& status, std::string_view doing,
                                const std::filesystem::path& folder);

}  // namespace pawl::persistence::rocks
