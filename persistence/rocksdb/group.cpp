#include "persistence/rocksdb/group.hpp"

#include <pawl/assert.hpp>

#include "persistence/values/value_codec.hpp"

namespace pawl::persistence::rocks {
namespace {

/// Memory of a larger group is released.
constexpr std::size_t kept_bytes = std::size_t{8} << 20;

/// Sums that are kept in memory.
constexpr std::size_t max_sums = 100'000;

void check(const rocksdb::Status& status) {
  // Fails only for batches of 4 GiB or more.
  PAWL_ASSERT(status.ok(), "a group of batches fits into RocksDB's batch");
}

}  // namespace

void group_builder::begin(std::string_view mark) {
  if (group_.GetDataSize() > kept_bytes) {
    group_ = rocksdb::WriteBatch{};
    coded_ = {};
  } else {
    group_.Clear();
  }
  added_.clear();
  if (sums_.size() > max_sums) sums_.clear();
  if (!mark.empty()) check(group_.PutLogData(mark));
}

bool group_builder::append(const batch& changes) {
  const auto& codec = database_.codec();
  for (const auto& change : changes.operations()) {
    auto* const where = database_.column_handle(change.where);
    switch (change.kind) {
      case batch::operation_kind::put: {
        const auto stored =
            codec.to_stored({change.where, change.key}, change.scope, change.value, coded_);
        if (!stored) return false;
        check(group_.Put(where, change.key, *stored));
        break;
      }
      case batch::operation_kind::erase:
        // Sums are put last, so an erasure drops what was added before it.
        if (change.where == column::counters) {
          added_.erase(change.key);
          sums_[change.key] = 0;
        }
        check(group_.Delete(where, change.key));
        break;
      case batch::operation_kind::add:
        added_[change.key] = add_wrapping(added_[change.key], change.amount);
        break;
    }
  }
  return true;
}

rocksdb::Status group_builder::load(std::string_view key, std::int64_t& sum) {
  const auto known = sums_.find(std::string{key});
  if (known != sums_.end()) {
    sum = known->second;
    return rocksdb::Status::OK();
  }
  std::string bytes;
  auto status = database_.db().Get(rocksdb::ReadOptions{},
                                   database_.column_handle(column::counters), key, &bytes);
  if (status.IsNotFound()) {
    sum = 0;
    return rocksdb::Status::OK();
  }
  if (!status.ok()) return status;
  const auto stored = decode_counter(bytes);
  if (!stored) return rocksdb::Status::Corruption("a counter has an unexpected layout");
  sum = *stored;
  return rocksdb::Status::OK();
}

rocksdb::Status group_builder::finish() {
  auto* const counters = database_.column_handle(column::counters);
  for (const auto& [key, added] : added_) {
    std::int64_t sum = 0;
    if (auto status = load(key, sum); !status.ok()) return status;
    sum = add_wrapping(sum, added);
    sums_[std::string{key}] = sum;
    check(sum == 0 ? group_.Delete(counters, key) : group_.Put(counters, key, encode_counter(sum)));
  }
  return rocksdb::Status::OK();
}

}  // namespace pawl::persistence::rocks
