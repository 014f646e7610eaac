#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>

#include "persistence/memory/tree.hpp"
#include "persistence/store.hpp"

namespace pawl::persistence {

/// A store that ends with its object: for tests, simulations and runs that need not be kept.
///
/// Keeps the contract of `store`, with views that cost a few pointers and are read without a lock.
/// `sync` remembers what a store on disk would still have after a loss of power. Never fails,
/// except that it is `unavailable` after `close`.
class memory_store final : public store {
 public:
  /// An empty store of the current schema.
  memory_store();

  result<std::shared_ptr<const view>> write(std::span<const batch* const> batches) override;
  result<void> sync() override;
  void publish(std::shared_ptr<const view> written) override;
  [[nodiscard]] std::shared_ptr<const view> durable_view() const override;
  result<void> close() override;

  /// A new store with what had been synced: what is found after a loss of power. This one goes on
  /// unchanged. Safe from any thread.
  [[nodiscard]] std::unique_ptr<memory_store> after_power_loss() const;

  /// A new store with everything written: what is found after the death of the process. Safe from
  /// any thread.
  [[nodiscard]] std::unique_ptr<memory_store> after_process_death() const;

 private:
  struct contents {
    std::array<versioned_tree, std::size(all_columns)> columns;
    std::uint64_t epoch = 0;  ///< of the last write
  };
  class memory_view;
  using shared_view = std::shared_ptr<const memory_view>;

  explicit memory_store(const contents& found);

  mutable std::mutex mutex_;
  shared_view written_;                  ///< guarded by mutex_
  shared_view synced_;                   ///< guarded by mutex_
  std::shared_ptr<const view> durable_;  ///< guarded by mutex_
  bool closed_ = false;                  ///< guarded by mutex_
};

}  // namespace pawl::persistence
