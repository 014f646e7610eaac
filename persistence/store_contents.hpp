#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pawl/result.hpp>

#include "persistence/store.hpp"
#include "persistence/values/key_ring.hpp"

namespace pawl::persistence {

/// The records of one kind and layout version in a store.
struct record_count {
  column where = column::meta;
  /// A `record_kind`, "entry" of an index (no value), "counter", "encrypted", or "unknown".
  std::string kind;
  std::uint32_t version = 0;  ///< of the layout; 0: it has none
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;  ///< of keys and of values as they are stored

  friend bool operator==(const record_count&, const record_count&) = default;
};

/// A key that values of a store may be encrypted with.
struct key_count {
  values::key_id id = 0;
  std::string name;
  std::uint64_t records = 0;  ///< that are encrypted with it

  friend bool operator==(const key_count&, const key_count&) = default;
};

/// What is in a store.
struct store_contents {
  std::optional<std::uint32_t> schema;  ///< version; none: the store is empty
  std::vector<record_count> records;    ///< by column, kind and version
  std::uint64_t compressed = 0;         ///< number of records that are compressed
  std::uint64_t encrypted = 0;          ///< number of records that are encrypted
  std::vector<key_count> keys;          ///< in the order in which the store began to use them
};

/// Counts the records of a store, as they are stored: no key is needed. The kind of an encrypted
/// record is "encrypted". Reads all of it, but keeps nothing. `of` returns what is stored (a
/// `snapshot_view` of `read_as::stored`, or a view of a store in memory without a codec). Errors:
/// `corrupt`, `io_failed`.
[[nodiscard]] result<store_contents> count_contents(const view& of);

}  // namespace pawl::persistence
