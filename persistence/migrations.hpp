#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <pawl/result.hpp>

#include "persistence/store.hpp"

/// The schema version of a store (its keys, records and columns) and the migrations between
/// versions. A record of `column::meta` holds the version; it is written with the first bytes of a
/// store.
namespace pawl::persistence {

/// The oldest version that is supported, before the first migration. Version 1 was that of builds
/// that were never released.
inline constexpr std::uint32_t first_schema = 2;

/// One migration. `run` reads the store and appends the changes to make; nothing else uses the
/// store meanwhile. The changes and the new version are one batch, so a migration is applied
/// exactly once.
struct migration {
  std::uint32_t to;         ///< the version after it; it migrates from the one before
  std::string_view reason;  ///< what changes, for messages: "days get counters"
  std::function<result<void>(const view& before, batch& changes)> run;

  /// For a migration of many records, in place of `run`: appends the changes for some of the
  /// records from `from` on (empty: the first), and returns where the next part continues; empty:
  /// this was the last. Each part is one batch, together with the place to continue, so a crash
  /// repeats no part. A part sees the parts before it. It should change at most `part_records`
  /// records.
  std::function<result<std::string>(const view& before, std::string_view from, batch& changes)>
      run_part = {};
};

/// Bounds the memory of a migration.
inline constexpr std::size_t part_records = 1000;

/// All migrations, oldest first, without gaps. A released migration never changes.
[[nodiscard]] std::span<const migration> migrations() noexcept;

/// The schema version of this build.
[[nodiscard]] std::uint32_t current_schema() noexcept;

/// Returns the version of a store, or nothing if it has no schema record. Error: `corrupt`.
[[nodiscard]] result<std::optional<std::uint32_t>> read_schema(const view& from);

/// The error for a store with version `found`, if only versions up to `known` are supported.
[[nodiscard]] error newer_schema(std::uint32_t found, std::uint32_t known);
/// The error for a store with a version before `first_schema`.
[[nodiscard]] error older_schema(std::uint32_t found);

/// Prepares a store that was just opened: writes the schema record of an empty store, migrates an
/// older store step by step, refuses a newer one and one from before `first_schema`. On return all
/// is synced and published. No other call may use the store meanwhile. Errors: `schema_newer`,
/// `not_supported` (too old), `corrupt` (records but no version), those of a migration, and as
/// `store::write`. After an error the store has the version of the last completed migration.
[[nodiscard]] result<void> prepare_schema(store& opened,
                                          std::span<const migration> known = migrations());

}  // namespace pawl::persistence
