#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pawl/result.hpp>

#include "persistence/store.hpp"

namespace pawl::persistence {

/// The records of one kind and layout version in a store.
struct record_count {
  column where = column::meta;
  std::string kind;           ///< a `record_kind`, "entry" of an index (no value), or "counter"
  std::uint32_t version = 0;  ///< of the layout; 0: it has none
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;  ///< of keys and values

  friend bool operator==(const record_count&, const record_count&) = default;
};

/// What is in a store.
struct store_contents {
  std::optional<std::uint32_t> schema;  ///< version; none: the store is empty
  std::vector<record_count> records;    ///< by column, kind and version
};

/// Counts the records of a store. Reads all of it, but keeps nothing. Errors: `corrupt`,
/// `io_failed`.
[[nodiscard]] result<store_contents> count_contents(const view& of);

}  // namespace pawl::persistence
