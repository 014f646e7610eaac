#pragma once

#include <cstdint>
#include <filesystem>

namespace pawl::bench {

/// User and system time of this process so far.
[[nodiscard]] double own_cpu_seconds();
/// User and system time of another process so far; 0 if there is no such process.
[[nodiscard]] double cpu_seconds_of(int process);

/// Resident memory of a process in bytes; 0: this one.
[[nodiscard]] double resident_bytes(int process = 0);

/// The space that the files in a folder use on disk, in bytes.
[[nodiscard]] double disk_bytes(const std::filesystem::path& folder);

/// Raises the limit of open files of this process and its children to at least `files`. Throws
/// `failure` if the system does not allow that many.
void allow_open_files(std::uint64_t files);

}  // namespace pawl::bench
