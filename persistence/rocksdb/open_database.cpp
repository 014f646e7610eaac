#include "persistence/rocksdb/open_database.hpp"

#include <algorithm>
#include <iterator>

#include <rocksdb/version.h>

namespace pawl::persistence::rocks {

#if ROCKSDB_MAJOR >= 10

rocksdb::Status open_database(const rocksdb::DBOptions& options, const std::string& path,
                              const descriptors& columns, handles& of_columns,
                              std::unique_ptr<rocksdb::DB>& opened) {
  return rocksdb::DB::Open(options, path, columns, &of_columns, &opened);
}

namespace {

rocksdb::Status open_present(const rocksdb::DBOptions& options, const std::string& path,
                             const descriptors& columns, handles& of_columns,
                             std::unique_ptr<rocksdb::DB>& opened) {
  return rocksdb::DB::OpenForReadOnly(options, path, columns, &of_columns, &opened);
}

rocksdb::Status open_present_beside(const rocksdb::DBOptions& options, const std::string& path,
                                    const std::string& own_path, const descriptors& columns,
                                    handles& of_columns, std::unique_ptr<rocksdb::DB>& opened) {
  return rocksdb::DB::OpenAsSecondary(options, path, own_path, columns, &of_columns, &opened);
}

}  // namespace

#else

rocksdb::Status open_database(const rocksdb::DBOptions& options, const std::string& path,
                              const descriptors& columns, handles& of_columns,
                              std::unique_ptr<rocksdb::DB>& opened) {
  rocksdb::DB* raw = nullptr;
  auto status = rocksdb::DB::Open(options, path, columns, &of_columns, &raw);
  opened.reset(raw);
  return status;
}

namespace {

rocksdb::Status open_present(const rocksdb::DBOptions& options, const std::string& path,
                             const descriptors& columns, handles& of_columns,
                             std::unique_ptr<rocksdb::DB>& opened) {
  rocksdb::DB* raw = nullptr;
  auto status = rocksdb::DB::OpenForReadOnly(options, path, columns, &of_columns, &raw);
  opened.reset(raw);
  return status;
}

rocksdb::Status open_present_beside(const rocksdb::DBOptions& options, const std::string& path,
                                    const std::string& own_path, const descriptors& columns,
                                    handles& of_columns, std::unique_ptr<rocksdb::DB>& opened) {
  rocksdb::DB* raw = nullptr;
  auto status = rocksdb::DB::OpenAsSecondary(options, path, own_path, columns, &of_columns, &raw);
  opened.reset(raw);
  return status;
}

}  // namespace

#endif

namespace {

/// Opens those of the columns that the store has; the handles of others are null.
template <class Open>
rocksdb::Status open_some(const rocksdb::DBOptions& options, const std::string& path,
                          const descriptors& columns, handles& of_columns, const Open& open) {
  std::vector<std::string> found;
  const auto listed = rocksdb::DB::ListColumnFamilies(options, path, &found);
  const auto is_present = [&](const rocksdb::ColumnFamilyDescriptor& column) {
    return !listed.ok() || std::find(found.begin(), found.end(), column.name) != found.end();
  };
  descriptors present;
  std::copy_if(columns.begin(), columns.end(), std::back_inserter(present), is_present);
  handles of_present;
  const auto status = open(present, of_present);
  if (!status.ok()) return status;
  auto next = of_present.begin();
  for (const auto& column : columns) of_columns.push_back(is_present(column) ? *next++ : nullptr);
  return status;
}

}  // namespace

rocksdb::Status open_columns_found(const rocksdb::DBOptions& options, const std::string& path,
                                   const descriptors& columns, handles& of_columns,
                                   std::unique_ptr<rocksdb::DB>& opened) {
  return open_some(options, path, columns, of_columns,
                   [&](const descriptors& present, handles& of_present) {
                     return open_database(options, path, present, of_present, opened);
                   });
}

rocksdb::Status open_read_only(const rocksdb::DBOptions& options, const std::string& path,
                               const descriptors& columns, handles& of_columns,
                               std::unique_ptr<rocksdb::DB>& opened) {
  return open_some(options, path, columns, of_columns,
                   [&](const descriptors& present, handles& of_present) {
                     return open_present(options, path, present, of_present, opened);
                   });
}

rocksdb::Status open_secondary(const rocksdb::DBOptions& options, const std::string& path,
                               const std::string& own_path, const descriptors& columns,
                               handles& of_columns, std::unique_ptr<rocksdb::DB>& opened) {
  return open_some(
      options, path, columns, of_columns, [&](const descriptors& present, handles& of_present) {
        return open_present_beside(options, path, own_path, present, of_present, opened);
      });
}

}  // namespace pawl::persistence::rocks
