#include "persistence/rocksdb/open_database.hpp"

#include <rocksdb/version.h>

namespace pawl::persistence::rocks {

#if ROCKSDB_MAJOR >= 10

rocksdb::Status open_database(const rocksdb::DBOptions& options, const std::string& path,
                              const descriptors& columns, handles& of_columns,
                              std::unique_ptr<rocksdb::DB>& opened) {
  return rocksdb::DB::Open(options, path, columns, &of_columns, &opened);
}

rocksdb::Status open_read_only(const rocksdb::DBOptions& options, const std::string& path,
                               const descriptors& columns, handles& of_columns,
                               std::unique_ptr<rocksdb::DB>& opened) {
  return rocksdb::DB::OpenForReadOnly(options, path, columns, &of_columns, &opened);
}

rocksdb::Status open_secondary(const rocksdb::DBOptions& options, const std::string& path,
                               const std::string& own_path, const descriptors& columns,
                               handles& of_columns, std::unique_ptr<rocksdb::DB>& opened) {
  return rocksdb::DB::OpenAsSecondary(options, path, own_path, columns, &of_columns, &opened);
}

#else

rocksdb::Status open_database(const rocksdb::DBOptions& options, const std::string& path,
                              const descriptors& columns, handles& of_columns,
                              std::unique_ptr<rocksdb::DB>& opened) {
  rocksdb::DB* raw = nullptr;
  auto status = rocksdb::DB::Open(options, path, columns, &of_columns, &raw);
  opened.reset(raw);
  return status;
}

rocksdb::Status open_read_only(const rocksdb::DBOptions& options, const std::string& path,
                               const descriptors& columns, handles& of_columns,
                               std::unique_ptr<rocksdb::DB>& opened) {
  rocksdb::DB* raw = nullptr;
  auto status = rocksdb::DB::OpenForReadOnly(options, path, columns, &of_columns, &raw);
  opened.reset(raw);
  return status;
}

rocksdb::Status open_secondary(const rocksdb::DBOptions& options, const std::string& path,
                               const std::string& own_path, const descriptors& columns,
                               handles& of_columns, std::unique_ptr<rocksdb::DB>& opened) {
  rocksdb::DB* raw = nullptr;
  auto status = rocksdb::DB::OpenAsSecondary(options, path, own_path, columns, &of_columns, &raw);
  opened.reset(raw);
  return status;
}

#endif

}  // namespace pawl::persistence::rocks
