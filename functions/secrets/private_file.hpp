#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <pawl/result.hpp>

namespace pawl::functions {

/// Detects changes of a file: a written or replaced file has a different stamp.
struct file_stamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t changed_ns = 0;

  friend bool operator==(const file_stamp&, const file_stamp&) = default;
};

/// Nothing if the file does not exist or is not accessible.
[[nodiscard]] std::optional<file_stamp> stamp_of(const std::filesystem::path& file) noexcept;

/// Reads a file that only its owner may access. Errors, which name the file: `not_found`;
/// `invalid_argument` if other users may read or write it or it is not a regular file; `io_failed`;
/// `limit_exceeded`.
[[nodiscard]] result<std::string> read_private_file(const std::filesystem::path& file,
                                                    std::size_t max_bytes);

/// Checks that only the owner may access an existing regular file. Other kinds of file, such as the
/// pipe of a shell's `<(…)`, and missing ones are accepted. `setting` names the file's option in
/// the message. Error: `invalid_argument` with the command that protects the file.
[[nodiscard]] result<void> check_is_private(const std::filesystem::path& file,
                                            std::string_view setting);

/// Replaces the content of the file atomically and durably. Errors: `io_failed`, `storage_full`,
/// `read_only`.
[[nodiscard]] result<void> write_private_file(const std::filesystem::path& file,
                                              std::string_view content);

/// Runs `what` under an exclusive inter-process lock for the file. Creates the file's folder if it
/// is missing. Errors: those of `what`; as `write_private_file`.
[[nodiscard]] result<void> with_file_locked(const std::filesystem::path& file,
                                            const std::function<result<void>()>& what);

/// An error for an errno: "opening FILE: No space left on device".
[[nodiscard]] error file_error(std::string_view doing, const std::filesystem::path& file,
                               int failure);

}  // namespace pawl::functions
