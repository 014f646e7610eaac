#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include <pawl/result.hpp>

#include "persistence/store.hpp"

/// The version of what a store holds (keys, records, columns), and how older stores become newer
/// ones. The version is a record of `column::meta` that is written together with the first bytes
/// of a store.
namespace pawl::persistence {

/// The version of a store that no migration has touched.
inline constexpr std::uint32_t first_schema = 1;

/// One step forward. `run` reads the store as it is and appends what has to change; it is run on
/// a quiet store, before anything else uses it. What it appends and the new version are written as
/// one batch, so it happens once and completely or not at all.
struct migration {
  std::uint32_t to;         ///< the version afterwards; it starts from the one before
  std::string_view reason;  ///< what changes, as part of a sentence: "days get counters"
  std::function<result<void>(const view& before, batch& changes)> run;
};

/// All migrations, oldest first, without gaps. A released one is never changed.
[[nodiscard]] std::span<const migration> migrations() noexcept;

/// The version that this build reads and writes.
[[nodiscard]] std::uint32_t current_schema() noexcept;

/// The version found in a store. Nothing where there is no record of it. Error: `corrupt`.
[[nodiscard]] result<std::optional<std::uint32_t>> read_schema(const view& from);

/// The error for a store that is `found`, where only versions up to `known` can be read.
[[nodiscard]] error newer_schema(std::uint32_t found, std::uint32_t known);

/// Makes a freshly opened store ready for use: writes the record into an empty one, migrates an
/// older one step by step, refuses a newer one. Ends with everything synced and published. Not
/// together with any other call on the store. Errors: `schema_newer`, `corrupt` (records but no
/// version), what a migration answers, and as `store::write`; the store is then still of the last
/// version that was completed.
[[nodiscard]] result<void> prepare_schema(store& opened,
                                          std::span<const migration> known = migrations());

}  // namespace pawl::persistence
