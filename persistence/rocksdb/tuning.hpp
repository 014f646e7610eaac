#pragma once

#include <memory>
#include <string>

#include <rocksdb/options.h>

#include "persistence/rocksdb/rocksdb_store.hpp"

/// Every RocksDB option that Pawl sets, with its reason (in tuning.cpp).
namespace pawl::persistence::rocks {

/// The column family of a column. Names are stored on disk: they never change and are never reused.
/// RocksDB's family "default" stays empty.
[[nodiscard]] std::string family_name(column where);

[[nodiscard]] rocksdb::DBOptions database_options(const rocksdb_options& chosen);

/// All columns share `cache`.
[[nodiscard]] rocksdb::ColumnFamilyOptions column_options(
    column where, const std::shared_ptr<rocksdb::Cache>& cache);

[[nodiscard]] rocksdb::WriteOptions write_options(durability mode);

}  // namespace pawl::persistence::rocks
