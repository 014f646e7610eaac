#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <pawl/result.hpp>

#include "persistence/store.hpp"

namespace pawl::persistence {

/// A number of records, and the bytes of their keys and values.
struct record_sum {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;

  void add(const record_sum& more) noexcept {
    records += more.records;
    bytes += more.bytes;
  }
  friend bool operator==(const record_sum&, const record_sum&) = default;
};

/// The records of a column whose keys are of one kind.
struct sized_kind {
  column where = column::meta;
  std::string kind;  ///< as in key_kinds.hpp
  record_sum sum;

  friend bool operator==(const sized_kind&, const sized_kind&) = default;
};

/// The records of a scope, and of one flow of it: its definitions, its runs, and what the index has
/// of them where an entry names the flow.
struct sized_flow {
  std::string scope;  ///< empty: records of no scope, and of runs of which the input is missing
  std::string flow;   ///< empty: records that belong to no single flow
  record_sum sum;

  friend bool operator==(const sized_flow&, const sized_flow&) = default;
};

struct store_sizes {
  record_sum all;
  std::vector<sized_kind> kinds;  ///< by column, then the largest first
  std::vector<sized_flow> flows;  ///< by scope, then the largest first
};

/// Receives what was read so far.
using size_progress = std::function<void(const record_sum& read)>;

/// Adds up the records of a store by kind, and by scope and flow. Reads all of it; keeps a sum for
/// each kind and flow. Calls `progress` every some thousand records. Records that cannot be decoded
/// are counted without a flow. Errors: `corrupt`, `io_failed`.
[[nodiscard]] result<store_sizes> measure_contents(const view& of,
                                                   const size_progress& progress = {});

}  // namespace pawl::persistence
