#include "persistence/postgres/schema.hpp"

#include <string>

#include <pawl/code_ref.hpp>

namespace pawl::persistence::postgres {
namespace {

/// Version of the tables, which is not that of the records in them (see migrations.hpp). Layout 1:
/// a table for each column, with the bytes that the store on disk has.
constexpr std::int64_t layout = 1;

constexpr const char* statements[] = {
    // Two processes that create the tables take turns.
    "SELECT pg_advisory_xact_lock(1348564844, 1)",
    "CREATE SCHEMA IF NOT EXISTS pawl",
    "CREATE TABLE IF NOT EXISTS pawl.store (one boolean PRIMARY KEY DEFAULT true CHECK (one), "
    "layout bigint NOT NULL, cluster text NOT NULL, created timestamptz NOT NULL DEFAULT now())",
    // The row changes with each commit, in place while its page has room.
    "CREATE TABLE IF NOT EXISTS pawl.partition (p bigint PRIMARY KEY, epoch bigint NOT NULL, "
    "last_group bigint NOT NULL, owner text, url text, pid bigint, "
    "lease_until timestamptz NOT NULL) WITH (fillfactor = 50, "
    "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)",
    "CREATE TABLE IF NOT EXISTS pawl.meta (k bytea PRIMARY KEY, v bytea NOT NULL)",
    "CREATE TABLE IF NOT EXISTS pawl.flows (k bytea PRIMARY KEY, v bytea NOT NULL)",
    "CREATE TABLE IF NOT EXISTS pawl.runs (k bytea PRIMARY KEY, v bytea NOT NULL) "
    "WITH (fillfactor = 70)",
    "CREATE TABLE IF NOT EXISTS pawl.checkpoints (k bytea PRIMARY KEY, v bytea NOT NULL)",
    // Records are compressed already where it helps, and their lengths are known without reading
    // them.
    "ALTER TABLE pawl.checkpoints ALTER COLUMN v SET STORAGE EXTERNAL",
    "CREATE TABLE IF NOT EXISTS pawl.indexes (k bytea PRIMARY KEY, v bytea NOT NULL) "
    "WITH (autovacuum_vacuum_scale_factor = 0.02)",
    "CREATE TABLE IF NOT EXISTS pawl.counters (k bytea PRIMARY KEY, n bigint NOT NULL) "
    "WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02)",
    "CREATE TABLE IF NOT EXISTS pawl.blobs (k bytea PRIMARY KEY, v bytea NOT NULL)",
    "ALTER TABLE pawl.blobs ALTER COLUMN v SET STORAGE EXTERNAL",
    "INSERT INTO pawl.partition (p, epoch, last_group, lease_until) VALUES (0, 0, 0, now()) "
    "ON CONFLICT DO NOTHING",
};

}  // namespace

result<void> prepare_tables(connection& on, const address& at, const std::string& cluster) {
  answer found = on.run("SELECT to_regclass('pawl.store') IS NOT NULL");
  if (found.failed) return to_error(*found.failed, "opening", at);
  if (found.results.back().number(0, 0) == 0) {
    on.queue("BEGIN");
    for (const char* const each : statements) on.queue(each);
    on.queue("INSERT INTO pawl.store (layout, cluster) VALUES (1, $1::text) ON CONFLICT DO NOTHING",
             {cluster});
    on.queue("COMMIT");
    if (const answer made = on.exchange(); made.failed) {
      if (!made.failed->lost) static_cast<void>(on.run("ROLLBACK"));
      return to_error(*made.failed, "creating the tables of", at);
    }
  }
  found = on.run("SELECT layout, cluster FROM pawl.store");
  if (found.failed) return to_error(*found.failed, "opening", at);
  if (found.results.back().count() != 1) {
    return error{errc::corrupt,
                 doing_to("opening", at) + ": its table pawl.store is empty. Restore the database"};
  }
  if (const auto stored = found.results.back().number(0, 0); stored != layout) {
    return error{errc::schema_newer,
                 doing_to("opening", at) + ": its tables have layout " + std::to_string(stored) +
                     ", but this build of Pawl supports layout " + std::to_string(layout) +
                     "; nothing was changed. Use the Pawl that made them"};
  }
  if (const std::string owner = found.results.back().text(0, 1); owner != cluster) {
    return error{errc::invalid_argument,
                 doing_to("opening", at) + ": it is the store of the cluster " +
                     pawl::quoted(owner) + ", but cluster.name is " + pawl::quoted(cluster) +
                     "; nothing was changed. Name another database in storage.url, or set "
                     "cluster.name"};
  }
  return {};
}

}  // namespace pawl::persistence::postgres
