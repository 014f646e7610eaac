#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "persistence/postgres/connection.hpp"
#include "persistence/store.hpp"
#include "persistence/values/codec_ptr.hpp"

namespace pawl::persistence::postgres {

/// The changes of one transaction, folded: each key is written once, with its last value, and the
/// additions to a counter are one. Not thread-safe.
class changes {
 public:
  /// `codec`: how values are stored; not null.
  explicit changes(values::codec_ptr codec) : codec_(std::move(codec)) {}

  /// Returns false if a value cannot be encrypted; the changes must not be committed then.
  [[nodiscard]] bool append(const batch& more);
  [[nodiscard]] bool empty() const noexcept { return operations_ == 0; }
  /// Bytes of keys and values, before they were folded.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// Queues the statements: at most two for each table, three for the counters.
  void queue_to(connection& to) const;

 private:
  /// Applied in this order.
  struct counter_change {
    bool erased = false;
    std::optional<std::int64_t> added = {};
  };
  /// A value as it is stored, or nothing for a record that is erased.
  using records = std::unordered_map<std::string, std::optional<std::string>>;

  values::codec_ptr codec_;
  std::array<records, std::size(all_columns)> records_;  ///< by column; none for counters
  std::unordered_map<std::string, counter_change> counters_;
  std::size_t operations_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace pawl::persistence::postgres
