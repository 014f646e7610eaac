#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>

#include "persistence/memory/tree.hpp"
#include "persistence/store.hpp"
#include "persistence/values/codec_ptr.hpp"

namespace pawl::persistence {

/// A store in memory, for tests, simulations and runs that need not be durable.
///
/// Fulfils the contract of `store`. A view costs a few pointers and is read without a lock. `sync`
/// records the state that a store on disk would have after a power failure. Errors: `unavailable`,
/// after `close`, and `io_failed`, if a value cannot be encrypted.
class memory_store final : public store {
 public:
  /// Creates an empty store with the current schema, which keeps values as they are.
  memory_store() : memory_store(values::codec_ptr{}) {}
  /// The same. `codec`: how values are kept; null: as they are.
  explicit memory_store(values::codec_ptr codec);

  result<std::shared_ptr<const view>> write(std::span<const batch* const> batches) override;
  result<void> sync() override;
  void publish(std::shared_ptr<const view> written) override;
  [[nodiscard]] std::shared_ptr<const view> durable_view() const override;
  result<void> check_writable() override { return {}; }
  result<void> close() override;

  /// Returns a new store with all synced writes: the state after a power failure. Does not change
  /// this store. Thread-safe.
  [[nodiscard]] std::unique_ptr<memory_store> after_power_loss() const;

  /// Returns a new store with all writes: the state after the death of the process. Thread-safe.
  [[nodiscard]] std::unique_ptr<memory_store> after_process_death() const;

 private:
  struct contents {
    std::array<versioned_tree, std::size(all_columns)> columns;
    std::uint64_t epoch = 0;  ///< number of the last write
  };
  class memory_view;
  using shared_view = std::shared_ptr<const memory_view>;

  memory_store(const contents& found, values::codec_ptr codec);

  const values::codec_ptr codec_;
  mutable std::mutex mutex_;
  shared_view written_;                  ///< guarded by mutex_
  shared_view synced_;                   ///< guarded by mutex_
  std::shared_ptr<const view> durable_;  ///< guarded by mutex_
  bool closed_ = false;                  ///< guarded by mutex_
};

}  // namespace pawl::persistence
