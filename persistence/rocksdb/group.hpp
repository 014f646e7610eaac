#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include <rocksdb/write_batch.h>

#include "persistence/rocksdb/database.hpp"
#include "persistence/store.hpp"

namespace pawl::persistence::rocks {

/// Combines many batches into one RocksDB write. Additions to the same counter become one put of
/// its sum, because the cost of a write grows with its number of keys: there is one writer, so it
/// knows the sums. Reuses its memory between groups. Not thread-safe.
class group_builder {
 public:
  explicit group_builder(const database& to) : database_(to) {}

  /// Starts a group. `mark` is written to the log only; empty: none.
  void begin(std::string_view mark);
  /// `changes` must live until `finish` returns. Returns false if a value cannot be encrypted; the
  /// group must not be written then.
  [[nodiscard]] bool append(const batch& changes);
  /// Completes the group. Fails if a counter cannot be read.
  [[nodiscard]] rocksdb::Status finish();
  /// The group. Valid until the next `begin`. It must be written: the sums of the next group
  /// contain its own.
  [[nodiscard]] rocksdb::WriteBatch& changes() noexcept { return group_; }

 private:
  /// The sum of a counter before this group.
  [[nodiscard]] rocksdb::Status load(std::string_view key, std::int64_t& sum);

  const database& database_;
  rocksdb::WriteBatch group_;
  std::string coded_;  ///< the value that is being added, as it is stored
  std::unordered_map<std::string_view, std::int64_t> added_;  ///< in this group
  std::unordered_map<std::string, std::int64_t> sums_;        ///< after the last group; a cache
};

}  // namespace pawl::persistence::rocks
