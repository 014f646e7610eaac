#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <pawl/result.hpp>

#include "persistence/store.hpp"
#include "persistence/values/codec_ptr.hpp"

namespace pawl::persistence {

struct postgres_options {
  durability mode = durability::sync;
  /// Name of all processes that share the store.
  std::string cluster = "pawl";
  /// Name of this process, another one for each.
  std::string node = "pawl";
  /// Where others reach this process; may be empty.
  std::string url = {};
  /// How long this process owns the store after its last commit. It renews the lease in time.
  std::chrono::milliseconds lease{6'000};
  /// Whether commits must wait for a synchronous standby. Needs `durability::sync`.
  bool require_sync_standby = false;
  /// How values are stored. Null: as they are; compressed ones are read.
  values::codec_ptr codec = nullptr;
};

/// Whether this build has the store.
[[nodiscard]] bool has_postgres() noexcept;

/// Opens the store in a PostgreSQL database, and takes its ownership; creates the tables in an
/// empty database. `url`: as libpq reads it, "postgres://user@host/database".
///
/// What differs from other stores: a view is a snapshot of when it is first read, so it may contain
/// later commits than its own write, and never a write that is not committed. `sync` sends all
/// writes since the last one as one transaction.
///
/// Errors: `locked`, type `standby` (another process owns the store) or `same_name` (and has the
/// name of this one); `unavailable`, type `no_standby` (the required standby); `not_supported`
/// (this build has no PostgreSQL; an older server, a pooler between); `invalid_argument` (the URL,
/// a store of another cluster, or a key of the store is missing); `unavailable`, `read_only`,
/// `storage_full`, `io_failed`; `schema_newer` and others, as `prepare_schema`. No message contains
/// the password.
[[nodiscard]] result<std::unique_ptr<store>> open_postgres_store(const std::string& url,
                                                                 const postgres_options& options);

}  // namespace pawl::persistence
