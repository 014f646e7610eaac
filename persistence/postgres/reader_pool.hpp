#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include <pawl/result.hpp>

#include "persistence/postgres/address.hpp"
#include "persistence/postgres/connection.hpp"

namespace pawl::persistence::postgres {

/// The connections that views read with: each view that has been read has one until it ends. Safe
/// for concurrent use.
class reader_pool {
 public:
  explicit reader_pool(address to) : to_(std::move(to)) {}

  /// Returns a connection without a transaction: one that was given back, or a new one. If
  /// `max_connections` are in use, waits until one is given back. Errors: as `connection::open`;
  /// `overloaded` after a wait of 10 s.
  [[nodiscard]] result<std::unique_ptr<connection>> take();
  /// Ends the transaction of a connection, and keeps the connection for the next reader.
  void give_back(std::unique_ptr<connection> used);
  /// Closes the connections that are not in use, as after one of them was lost.
  void drop_idle();

  [[nodiscard]] const address& to() const noexcept { return to_; }

  static constexpr std::size_t max_connections = 32;

 private:
  const address to_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<connection>> idle_;  ///< guarded by mutex_
  std::size_t in_use_ = 0;                         ///< guarded by mutex_
};

}  // namespace pawl::persistence::postgres
