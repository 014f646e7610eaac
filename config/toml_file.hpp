#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <pawl/result.hpp>

#include "config/values.hpp"

namespace pawl::config {

/// A key of a TOML file.
struct file_entry {
  std::string
      name;  ///< dotted: "storage.data_dir"; for an unknown table only the name of the table
  raw_value value;
  std::string place;  ///< "pawl.toml:3"
};

/// Reads a TOML file of at most 1 MiB. Returns its entries in line order. Errors: `not_found`,
/// `io_failed`, `invalid_argument` (not TOML; the message has line and column).
[[nodiscard]] result<std::vector<file_entry>> read_toml_file(const std::filesystem::path& file);

}  // namespace pawl::config
