#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include <pawl/error.hpp>

namespace pawl::persistence {

/// The losses that commits survive, as the database is set up.
struct survived_losses {
  bool power = false;    ///< that of the power of the database's machine
  bool machine = false;  ///< that of this machine: each commit waits for a synchronous standby
};

/// The ownership of a store that several processes can reach, one at a time. It ends when another
/// process takes the store over. Thread-safe.
class store_ownership {
 public:
  virtual ~store_ownership() = default;

  /// Whether this process may still act for the store: call functions and give tasks to workers.
  /// False shortly before another process can take over. Commits need no question: the store
  /// refuses those of a former owner.
  [[nodiscard]] virtual bool may_act() const noexcept = 0;

  /// Number of this ownership: each owner has a greater one than all before it.
  [[nodiscard]] virtual std::int64_t epoch() const noexcept = 0;

  /// Time since the lease was renewed, by a commit or without one.
  [[nodiscard]] virtual std::chrono::milliseconds lease_age() const noexcept = 0;

  /// As of the last renewal of the lease.
  [[nodiscard]] virtual survived_losses survives() const noexcept = 0;

  /// Sets what is called, at most once and on any thread, when the store fails while nothing is
  /// written, such as when another process has taken it over. Nothing is called after `close`.
  virtual void at_loss(std::function<void(const error&)> what) = 0;
};

}  // namespace pawl::persistence
