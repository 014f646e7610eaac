#pragma once

#include <string>

#include <rocksdb/merge_operator.h>

namespace pawl::persistence::rocks {

/// Adds counters (`encode_counter`). Other bytes fail the merge, which RocksDB reports as
/// corruption. The name is stored on disk and never changes.
class counter_merge final : public rocksdb::AssociativeMergeOperator {
 public:
  bool Merge(const rocksdb::Slice& key, const rocksdb::Slice* existing, const rocksdb::Slice& value,
             std::string* sum, rocksdb::Logger* logger) const override;
  const char* Name() const override { return "pawl.counter"; }
};

}  // namespace pawl::persistence::rocks
