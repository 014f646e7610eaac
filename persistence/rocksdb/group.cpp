#include "persistence/rocksdb/group.hpp"

#include <pawl/assert.hpp>

namespace pawl::persistence::rocks {
namespace {

/// Memory of a larger group is released.
constexpr std::size_t kept_bytes = std::size_t{8} << 20;

void check(const rocksdb::Status& status) {
  // Fails only for batches of 4 GiB or more.
  PAWL_ASSERT(status.ok(), "a group of batches fits into RocksDB's batch");
}

}  // namespace

void group_builder::begin(std::string_view mark) {
  if (group_.GetDataSize() > kept_bytes) {
    group_ = rocksdb::WriteBatch{};
  } else {
    group_.Clear();
  }
  sums_.clear();
  if (!mark.empty()) check(group_.PutLogData(mark));
}

void group_builder::append(const batch& changes) {
  for (const auto& change : changes.operations()) {
    auto* const where = database_.column_handle(change.where);
    switch (change.kind) {
      case batch::operation_kind::put:
        check(group_.Put(where, change.key, change.value));
        break;
      case batch::operation_kind::erase:
        // Sums are merged last, so an erasure drops what was added before it.
        if (change.where == column::counters) sums_.erase(change.key);
        check(group_.Delete(where, change.key));
        break;
      case batch::operation_kind::add:
        sums_[change.key] = add_wrapping(sums_[change.key], change.amount);
        break;
    }
  }
}

rocksdb::WriteBatch& group_builder::finish() {
  auto* const counters = database_.column_handle(column::counters);
  for (const auto& [key, sum] : sums_) check(group_.Merge(counters, key, encode_counter(sum)));
  return group_;
}

}  // namespace pawl::persistence::rocks
