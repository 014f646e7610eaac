#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include <pawl/result.hpp>
#include <pawl/settings.hpp>

#include "persistence/postgres/changes.hpp"
#include "persistence/postgres/connection.hpp"
#include "persistence/postgres/partition.hpp"
#include "persistence/store_ownership.hpp"

namespace pawl::persistence::postgres {

/// The session of the owner of a store: commits groups in its epoch, each once, and renews the
/// lease. One thread at a time calls `commit`, `renew` and `release`.
///
/// If the connection is lost, a new one is made until the lease ends. The number of the last group
/// then says whether the group under way was committed or must be sent again.
class writer {
 public:
  /// Makes `who` the owner, as `claim`. Waits 1 s if the owner seems to be dead: after a restart of
  /// the database it comes back first; and as long if it has the name of this one, which may just
  /// have ended. Errors: `locked`, type `standby` (another process owns the store) or `same_name`;
  /// `unavailable`, type `no_standby`; as `connection::open` and `prepare_tables`.
  [[nodiscard]] static result<std::unique_ptr<writer>> open(const address& at, claimant who,
                                                            durability mode);

  /// Commits the changes as the next group. Errors: `unavailable`, type `fenced`: another process
  /// owns the store, and nothing was committed; as `to_error`. After an error the group may have
  /// been committed; only a new writer knows.
  [[nodiscard]] result<void> commit(const changes& group);
  /// Renews the lease, and takes the lock of the store if a former session still had it. Errors as
  /// `commit`.
  [[nodiscard]] result<void> renew();
  /// Gives the ownership up. A failure is of no consequence: the lease ends.
  void release();

  /// Whether `renew` must be called: the lease or the connection has to be renewed.
  [[nodiscard]] bool is_renewal_due();
  /// Whether the lease still holds for a second, by a clock that counts the sleep of the machine.
  /// Thread-safe.
  [[nodiscard]] bool may_act() const noexcept;
  [[nodiscard]] std::int64_t epoch() const noexcept { return epoch_; }
  /// Time since the last renewal was sent, by the same clock. Thread-safe.
  [[nodiscard]] std::chrono::milliseconds lease_age() const noexcept;
  /// Thread-safe.
  [[nodiscard]] survived_losses survives() const noexcept;

 private:
  writer(address at, claimant who, durability mode, std::unique_ptr<connection> opened,
         const ownership& owned);
  /// Whether the claimant may make itself the owner now: `true` if the owner is taken for dead.
  /// Errors: as `open`.
  [[nodiscard]] static result<bool> may_claim(connection& on, const address& at,
                                              const claimant& who, ownership& seen);
  /// Notes how the server is set up. Error: `no_standby`, if one is needed.
  [[nodiscard]] result<void> check_set_up(const set_up& server);
  [[nodiscard]] static result<std::unique_ptr<connection>> connect(const address& at,
                                                                   durability mode);
  /// Finds the number of the last group in the database, once that is committed for good.
  [[nodiscard]] result<std::int64_t> resolve();
  [[nodiscard]] result<void> reconnect();
  [[nodiscard]] bool has_expired() const noexcept;
  void note_renewal(std::chrono::milliseconds sent_at) noexcept;
  [[nodiscard]] error fenced() const;

  const address at_;
  const claimant who_;
  const durability mode_;
  std::unique_ptr<connection> connection_;
  const std::int64_t epoch_;
  std::int64_t last_group_;
  bool has_lock_ = false;
  std::atomic<bool> has_fsync_{false}, has_standby_{false};  ///< see `set_up`
  std::atomic<std::int64_t> leased_at_ms_{0};  ///< when the last renewal was sent, since the boot
  std::chrono::steady_clock::time_point renewed_at_{};
};

}  // namespace pawl::persistence::postgres
