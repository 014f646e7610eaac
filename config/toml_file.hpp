#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <pawl/result.hpp>

#include "config/values.hpp"

namespace pawl::config {

/// A key as a TOML file has it.
struct file_entry {
  std::string name;  ///< dotted: "storage.data_dir"; of an unknown table only its own name
  raw_value value;
  std::string place;  ///< "pawl.toml:3"
};

/// Reads a TOML file of at most 1 MiB, entries in the order of their lines. Errors: `not_found`,
/// `io_failed`, `invalid_argument` (not TOML; with line and column).
[[nodiscard]] result<std::vector<file_entry>> read_toml_file(const std::filesystem::path& file);

}  // namespace pawl::config
