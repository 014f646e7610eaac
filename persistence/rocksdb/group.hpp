#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include <rocksdb/write_batch.h>

#include "persistence/rocksdb/database.hpp"
#include "persistence/store.hpp"

namespace pawl::persistence::rocks {

/// Makes one write of RocksDB from many batches. Additions to the same counter become one, because
/// what a write costs is its number of keys. Used by one thread; memory is kept from group to
/// group.
class group_builder {
 public:
  explicit group_builder(const database& to) : database_(to) {}

  /// Begins a new group. `mark` goes into the log only; empty for none.
  void begin(std::string_view mark);
  /// `changes` must stay until `finish`.
  void append(const batch& changes);
  /// The group, valid until the next `begin`.
  [[nodiscard]] rocksdb::WriteBatch& finish();

 private:
  const database& database_;
  rocksdb::WriteBatch group_;
  std::unordered_map<std::string_view, std::int64_t> sums_;
};

}  // namespace pawl::persistence::rocks
