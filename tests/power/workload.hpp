#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "persistence/rocksdb/rocksdb_store.hpp"
#include "persistence/store.hpp"
#include "tests/power/disk.hpp"

namespace pawl::power {

/// Numbered records in several columns, with erasures, counters and values of different sizes. What
/// a store holds must always be the records 0 to n-1, for some n, the same in all columns.
class workload {
 public:
  explicit workload(std::uint64_t seed) : random_(seed) {}

  /// Writes and syncs `groups` groups at random, after the `from` records that the store has.
  /// Returns the error that stopped the store, if one did.
  std::optional<error> run(persistence::store& to, persistence::durability mode, std::uint64_t from,
                           int groups);

  /// How many records have been acknowledged in the store's mode. Safe to read at any time.
  [[nodiscard]] std::uint64_t acknowledged() const noexcept { return acknowledged_; }
  /// How many records have been passed to `write`.
  [[nodiscard]] std::uint64_t issued() const noexcept { return issued_; }
  void reset(std::uint64_t acknowledged) {
    acknowledged_ = acknowledged;
    issued_ = acknowledged;
  }

 private:
  std::mt19937_64 random_;
  std::atomic<std::uint64_t> acknowledged_{0};
  std::atomic<std::uint64_t> issued_{0};
};

/// The number of records in a store, or what is wrong with them.
[[nodiscard]] result<std::uint64_t> count_records(const persistence::view& now);

/// A folder in memory, if the system has one, that is removed with its object.
class memory_folder {
 public:
  memory_folder();
  ~memory_folder();
  memory_folder(const memory_folder&) = delete;
  memory_folder& operator=(const memory_folder&) = delete;
  [[nodiscard]] const std::filesystem::path& root() const noexcept { return root_; }

 private:
  std::filesystem::path root_;
};

/// The seed of a random test: PAWL_TEST_SEED, or a new one.
[[nodiscard]] std::uint64_t test_seed();

}  // namespace pawl::power
