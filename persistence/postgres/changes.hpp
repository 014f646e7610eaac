#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "persistence/postgres/connection.hpp"
#include "persistence/store.hpp"

namespace pawl::persistence::postgres {

/// The changes of one transaction, folded: each key is written once, with its last value, and the
/// additions to a counter are one. Not thread-safe.
class changes {
 public:
  void append(const batch& more);
  [[nodiscard]] bool empty() const noexcept { return operations_ == 0; }
  /// Bytes of keys and values, before they were folded.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// Queues the statements: at most two for each table.
  void queue_to(connection& to) const;

 private:
  /// Applied in this order.
  struct counter_change {
    bool erased = false;
    std::optional<std::int64_t> added = {};
  };
  /// A value, or nothing for a record that is erased.
  using records = std::unordered_map<std::string, std::optional<std::string>>;

  std::array<records, std::size(all_columns)> records_;  ///< by column; none for counters
  std::unordered_map<std::string, counter_change> counters_;
  std::size_t operations_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace pawl::persistence::postgres
