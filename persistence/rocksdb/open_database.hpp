#pragma once

#include <memory>
#include <string>
#include <vector>

#include <rocksdb/db.h>

/// `DB::Open`, `DB::OpenForReadOnly` and `DB::OpenAsSecondary` in one form for every version of
/// RocksDB: up to 9.10 they fill a `DB*`, 10 takes a `unique_ptr` as well, and 11 takes nothing
/// else.
namespace pawl::persistence::rocks {

using descriptors = std::vector<rocksdb::ColumnFamilyDescriptor>;
using handles = std::vector<rocksdb::ColumnFamilyHandle*>;

/// Opens the database in `path`. Fills `opened` and, in the order of `columns`, `of_columns`.
/// After an error both are empty.
[[nodiscard]] rocksdb::Status open_database(const rocksdb::DBOptions& options,
                                            const std::string& path, const descriptors& columns,
                                            handles& of_columns,
                                            std::unique_ptr<rocksdb::DB>& opened);

/// The same for a database that may be older than some of the columns. These get a null handle.
[[nodiscard]] rocksdb::Status open_columns_found(const rocksdb::DBOptions& options,
                                                 const std::string& path,
                                                 const descriptors& columns, handles& of_columns,
                                                 std::unique_ptr<rocksdb::DB>& opened);

/// The same without changing anything in `path`. A column that the database does not have yet gets
/// a null handle.
[[nodiscard]] rocksdb::Status open_read_only(const rocksdb::DBOptions& options,
                                             const std::string& path, const descriptors& columns,
                                             handles& of_columns,
                                             std::unique_ptr<rocksdb::DB>& opened);

/// The same for a database that another process has open. `own_path` is where RocksDB may put files
/// of this instance.
[[nodiscard]] rocksdb::Status open_secondary(const rocksdb::DBOptions& options,
                                             const std::string& path, const std::string& own_path,
                                             const descriptors& columns, handles& of_columns,
                                             std::unique_ptr<rocksdb::DB>& opened);

}  // namespace pawl::persistence::rocks
