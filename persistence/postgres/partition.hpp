#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <pawl/result.hpp>

#include "persistence/postgres/connection.hpp"

/// The row that says who owns the store. Each commit checks and changes it, so a process that lost
/// the store cannot commit, however late it notices.
namespace pawl::persistence::postgres {

/// A process that wants to own the store.
struct claimant {
  std::string cluster;              ///< name of all that share the store
  std::string node;                 ///< name of this one
  std::string url;                  ///< where others reach it; may be empty
  std::chrono::milliseconds lease;  ///< how long it owns the store after its last commit
  bool needs_standby = false;       ///< whether commits must wait for a synchronous standby
};

/// How the server is set up for losses; see the parameters of PostgreSQL.
struct set_up {
  bool has_fsync = false;    ///< fsync
  bool has_standby = false;  ///< synchronous_standby_names is not empty
};
/// `first`: the first of its columns.
[[nodiscard]] set_up to_set_up(const rows& found, int first);
[[nodiscard]] result<set_up> read_set_up(connection& on, const address& at);
/// The error of a server without a synchronous standby where one is needed.
[[nodiscard]] error no_standby(std::string_view doing, const address& at);

/// What the row says, by the clock of the database.
struct ownership {
  std::int64_t epoch = 0;       ///< number of the owner; rises by 1 with each claim
  std::int64_t last_group = 0;  ///< number of the last commit
  std::optional<std::string> owner;
  std::string url;
  std::int64_t pid = 0;   ///< of the session that the owner writes with
  bool expired = false;   ///< the lease has ended
  bool is_alive = false;  ///< a session of an owner holds the lock of the store
};

[[nodiscard]] result<ownership> read_ownership(connection& on, const address& at);

/// Makes the claimant the owner if it may: there is none, its lease has ended, or `owner_is_dead`
/// is set and the epoch is still the same. Returns the new row, or nothing if another one owns the
/// store. The commit is confirmed by the synchronous standby, if there is one, and with it all that
/// earlier owners committed.
///
/// A former owner that stopped inside a transaction holds the row: its session is ended if it waits
/// for its client. One that waits for a standby is left alone, and nothing is returned: ending it
/// would show its commit before the standby has it.
[[nodiscard]] result<std::optional<ownership>> claim(connection& on, const address& at,
                                                     const claimant& who, const ownership& seen,
                                                     bool owner_is_dead);

/// Queues the first statement of a commit: fails with `division_by_zero` unless this is the next
/// group of the epoch. Returns a row with a number and the columns of `set_up`.
void queue_fence(connection& to, std::int64_t epoch, std::int64_t group,
                 std::chrono::milliseconds lease);
inline constexpr const char* division_by_zero = "22012";

/// Queues the renewal of a lease: returns a row with the number of the last group and the columns
/// of `set_up`, or none if the epoch is over.
void queue_renewal(connection& to, std::int64_t epoch, std::chrono::milliseconds lease);

/// Queues the end of an ownership, so that another process need not wait for the lease.
void queue_release(connection& to, std::int64_t epoch);

/// Takes the lock of the store for this session, unless another one has it. Others see by it that
/// the owner lives. Returns whether the session has it. Not to be repeated after that.
[[nodiscard]] result<bool> take_lock(connection& on, const address& at);

}  // namespace pawl::persistence::postgres
