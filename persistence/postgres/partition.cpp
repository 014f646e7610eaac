#include "persistence/postgres/partition.hpp"

#include <utility>

#include "persistence/postgres/values.hpp"

namespace pawl::persistence::postgres {
namespace {

/// How long a claim waits for the row.
constexpr const char* limit_lock_wait = "SET LOCAL lock_timeout = '500ms'";
constexpr std::string_view lock_not_available = "55P03";

constexpr std::string_view ownership_sql =
    "SELECT epoch, last_group, owner, owner IS NULL, coalesce(url, ''), coalesce(pid, 0), "
    "lease_until < clock_timestamp(), EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND "
    "database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND "
    "classid = 1348564844 AND objid = 0 AND objsubid = 2 AND granted) "
    "FROM pawl.partition WHERE p = 0";

/// What `set_up` has, as columns.
const std::string set_up_columns =
    "current_setting('fsync') = 'on', current_setting('synchronous_standby_names') <> ''";

std::string lease_of(std::chrono::milliseconds lease) {
  return encode_bigint(lease.count());
}

/// Ends the session of a former owner that is stuck in a transaction because its process does not
/// go on. A session that waits for a standby is not in this wait.
result<void> end_stuck_session(connection& on, const address& at, std::int64_t pid) {
  const answer ended = on.run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1::bigint AND "
      "datname = current_database() AND application_name = 'pawl writer' AND state <> 'idle' AND "
      "wait_event = 'ClientRead'",
      {encode_bigint(pid)});
  if (ended.failed) return to_error(*ended.failed, "taking over", at);
  return {};
}

}  // namespace

result<ownership> read_ownership(connection& on, const address& at) {
  const answer got = on.run(ownership_sql);
  if (got.failed) return to_error(*got.failed, "opening", at);
  const rows& found = got.results.back();
  if (found.count() != 1) {
    return error{errc::corrupt, doing_to("opening", at) +
                                    ": its table pawl.partition is empty. Restore the database"};
  }
  ownership row;
  row.epoch = found.number(0, 0);
  row.last_group = found.number(0, 1);
  if (found.number(0, 3) == 0) row.owner = found.text(0, 2);
  row.url = found.text(0, 4);
  row.pid = found.number(0, 5);
  row.expired = found.number(0, 6) != 0;
  row.is_alive = found.number(0, 7) != 0;
  return row;
}

result<std::optional<ownership>> claim(connection& on, const address& at, const claimant& who,
                                       const ownership& seen, bool owner_is_dead) {
  on.queue("BEGIN");
  on.queue(limit_lock_wait);
  on.queue("SET LOCAL synchronous_commit = on");
  on.queue(
      "UPDATE pawl.partition SET epoch = epoch + 1, owner = $1::text, url = $2::text, "
      "pid = pg_backend_pid(), lease_until = clock_timestamp() + $3::bigint * interval '1 ms' "
      "WHERE p = 0 AND epoch = $4::bigint AND (owner IS NULL OR lease_until < clock_timestamp() OR "
      "$5::bigint <> 0) RETURNING epoch, last_group",
      {who.node, who.url, lease_of(who.lease), encode_bigint(seen.epoch),
       encode_bigint(owner_is_dead ? 1 : 0)});
  on.queue("COMMIT");
  const answer got = on.exchange();
  if (got.failed) {
    if (!got.failed->lost) static_cast<void>(on.run("ROLLBACK"));
    if (got.failed->state != lock_not_available) return to_error(*got.failed, "taking over", at);
    if (auto ended = end_stuck_session(on, at, seen.pid); !ended) return std::move(ended).error();
    return std::optional<ownership>{};
  }
  if (!got.warning.empty()) {
    // Committed, but maybe not on the standby: the claim counts for the next claimant only.
    return error{errc::unavailable, doing_to("taking over", at) + ": " + got.warning};
  }
  const rows& found = got.results.at(3);
  if (found.count() == 0) return std::optional<ownership>{};
  ownership row = seen;
  row.epoch = found.number(0, 0);
  row.last_group = found.number(0, 1);
  row.owner = who.node;
  row.url = who.url;
  return std::optional{std::move(row)};
}

void queue_fence(connection& to, std::int64_t epoch, std::int64_t group,
                 std::chrono::milliseconds lease) {
  to.queue(
      "WITH fence AS (UPDATE pawl.partition SET last_group = $2::bigint, lease_until = "
      "clock_timestamp() + $3::bigint * interval '1 ms' WHERE p = 0 AND epoch = $1::bigint AND "
      "last_group = $2::bigint - 1 RETURNING 1) SELECT 1 / (SELECT count(*) FROM fence), " +
          set_up_columns,
      {encode_bigint(epoch), encode_bigint(group), lease_of(lease)});
}

set_up to_set_up(const rows& found, int first) {
  return {found.number(0, first) != 0, found.number(0, first + 1) != 0};
}

result<set_up> read_set_up(connection& on, const address& at) {
  const answer got = on.run("SELECT " + set_up_columns);
  if (got.failed) return to_error(*got.failed, "opening", at);
  return to_set_up(got.results.back(), 0);
}

error no_standby(std::string_view doing, const address& at) {
  return {errc::unavailable,
          doing_to(doing, at) +
              ": the server has no synchronous standby (synchronous_standby_names is empty), but "
              "cluster.require_sync_standby is set. Set the standby up, or unset the setting",
          "no_standby"};
}

void queue_renewal(connection& to, std::int64_t epoch, std::chrono::milliseconds lease) {
  to.queue(
      "UPDATE pawl.partition SET pid = pg_backend_pid(), lease_until = clock_timestamp() + "
      "$2::bigint * interval '1 ms' WHERE p = 0 AND epoch = $1::bigint RETURNING last_group, " +
          set_up_columns,
      {encode_bigint(epoch), lease_of(lease)});
}

void queue_release(connection& to, std::int64_t epoch) {
  to.queue(
      "UPDATE pawl.partition SET owner = NULL, url = NULL, lease_until = clock_timestamp() "
      "WHERE p = 0 AND epoch = $1::bigint",
      {encode_bigint(epoch)});
}

result<bool> take_lock(connection& on, const address& at) {
  const answer got = on.run("SELECT pg_try_advisory_lock(1348564844, 0)");
  if (got.failed) return to_error(*got.failed, "opening", at);
  return got.results.back().number(0, 0) != 0;
}

}  // namespace pawl::persistence::postgres
