#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <pawl/result.hpp>

namespace pawl::server {

/// Tells one content of a file from the next: a file that was replaced or written has another.
struct file_stamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t changed_ns = 0;

  friend bool operator==(const file_stamp&, const file_stamp&) = default;
};

/// None: there is no such file, or it cannot be looked at.
[[nodiscard]] std::optional<file_stamp> stamp_of(const std::filesystem::path& file) noexcept;

/// A file whose content only its owner may read. Errors name it: `not_found`; `invalid_argument` if
/// others may read or write it, or it is no plain file; `io_failed`; `limit_exceeded`.
[[nodiscard]] result<std::string> read_private_file(const std::filesystem::path& file,
                                                    std::size_t max_bytes);

/// Puts `content` in place of the file, whole and durable when it returns: whoever reads meanwhile
/// finds the old content or the new one. Errors: `io_failed`, `storage_full`, `read_only`.
[[nodiscard]] result<void> write_private_file(const std::filesystem::path& file,
                                              std::string_view content);

/// Does `what` while no other process is in here with the same file. Makes the file's folder where
/// it is missing. Errors: of `what`; as `write_private_file`.
[[nodiscard]] result<void> with_file_locked(const std::filesystem::path& file,
                                            const std::function<result<void>()>& what);

/// `failure` is a number of errno: "opening FILE: No space left on device".
[[nodiscard]] error file_error(std::string_view doing, const std::filesystem::path& file,
                               int failure);

}  // namespace pawl::server
