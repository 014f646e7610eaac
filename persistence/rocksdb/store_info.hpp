#pragma once

#include <filesystem>

#include <pawl/result.hpp>

#include "persistence/store_contents.hpp"

namespace pawl::persistence {

/// Counts the records of a store on disk that no process uses. Changes nothing. Errors: `not_found`
/// (no store in the folder), and those of `open_rocksdb_store`.
[[nodiscard]] result<store_contents> count_rocksdb_contents(const std::filesystem::path& folder);

}  // namespace pawl::persistence
