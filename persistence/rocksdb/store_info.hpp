#pragma once

#include <cstdint>
#include <filesystem>

#include <pawl/result.hpp>

#include "persistence/store_contents.hpp"
#include "persistence/store_sizes.hpp"
#include "persistence/values/codec_ptr.hpp"

namespace pawl::persistence {

/// Counts the records of a store on disk, also of one that another process has open. Changes
/// nothing. Errors: `not_found` (no store in the folder), and those of `open_rocksdb_store` and
/// `open_store_beside_writer`.
[[nodiscard]] result<store_contents> count_rocksdb_contents(const std::filesystem::path& folder);

/// The sizes of a store on disk.
struct measured_store {
  store_sizes sizes;
  std::uint64_t disk_bytes = 0;  ///< of the files in its folder: compressed, with what is obsolete
  bool in_use = false;           ///< another process has it open
};

/// As `measure_contents`, for a store on disk. `codec` opens its values; null
/// for those that are not encrypted. Changes nothing. Errors: as `count_rocksdb_contents`;
/// `invalid_argument` (a key is missing).
[[nodiscard]] result<measured_store> measure_rocksdb_contents(const std::filesystem::path& folder,
                                                              values::codec_ptr codec = {},
                                                              const size_progress& progress = {});

}  // namespace pawl::persistence
