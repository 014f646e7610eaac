#pragma once

#include <memory>
#include <string>

#include <rocksdb/options.h>

#include "persistence/rocksdb/rocksdb_store.hpp"

/// Every choice about how RocksDB works, with its reason.
namespace pawl::persistence::rocks {

/// The column family that keeps a column. Names are on disk: never changed, never used again.
/// RocksDB's own family "default" stays empty.
[[nodiscard]] std::string family_name(column where);

[[nodiscard]] rocksdb::DBOptions database_options(const rocksdb_options& chosen);

/// `cache` holds blocks of all columns.
[[nodiscard]] rocksdb::ColumnFamilyOptions column_options(
    column where, const std::shared_ptr<rocksdb::Cache>& cache);

[[nodiscard]] rocksdb::WriteOptions write_options(durability mode);

}  // namespace pawl::persistence::rocks
