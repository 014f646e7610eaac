#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include <rocksdb/write_batch.h>

#include "persistence/rocksdb/database.hpp"
#include "persistence/store.hpp"

namespace pawl::persistence::rocks {

/// Combines many batches into one RocksDB write. Additions to the same counter become one
/// operation, because the cost of a write grows with its number of keys. Reuses its memory between
/// groups. Not thread-safe.
class group_builder {
 public:
  explicit group_builder(const database& to) : database_(to) {}

  /// Starts a group. `mark` is written to the log only; empty: none.
  void begin(std::string_view mark);
  /// `changes` must live until `finish` returns.
  void append(const batch& changes);
  /// Returns the group. It is valid until the next `begin`.
  [[nodiscard]] rocksdb::WriteBatch& finish();

 private:
  const database& database_;
  rocksdb::WriteBatch group_;
  std::unordered_map<std::string_view, std::int64_t> sums_;
};

}  // namespace pawl::persistence::rocks
