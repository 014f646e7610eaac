#pragma once

#include <filesystem>
#include <string_view>

#include <rocksdb/status.h>

#include <pawl/error.hpp>

namespace pawl::persistence::rocks {

/// "opening the store in /var/lib/pawl"
[[nodiscard]] std::string doing_to(std::string_view doing, const std::filesystem::path& folder);

/// Adds the folder to an error of a function that does not know it.
[[nodiscard]] error with_folder(error failure, const std::filesystem::path& folder);

/// Converts an errno to an error that names the action, the folder and the remedy: `storage_full`,
/// `read_only`, `invalid_argument` (not a folder), `io_failed`.
[[nodiscard]] error from_errno(int number, std::string_view doing,
                               const std::filesystem::path& folder);

/// Converts a RocksDB status. `status` must not be ok. Errors as `from_errno`, and `corrupt`,
/// `locked`.
[[nodiscard]] error from_status(const rocksdb::Status& status, std::string_view doing,
                                const std::filesystem::path& folder);

}  // namespace pawl::persistence::rocks
