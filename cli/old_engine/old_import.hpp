#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include <pawl/json.hpp>
#include <pawl/result.hpp>
#include <pawl/run.hpp>

#include "cli/old_engine/old_flows.hpp"
#include "flow/definition/definition.hpp"
#include "persistence/run_log.hpp"
#include "persistence/store.hpp"

namespace pawl::cli {

struct old_import_options {
  std::filesystem::path database;
  std::filesystem::path checkpoints;  ///< empty: the file beside the database, if there is one
  std::filesystem::path logs;         ///< empty: none
  persistence::run_log_limits kept_logs;
  scope_name into;
  flow::limits limits;
  time_point now{};
  bool dry_run = false;
  note_listener note;  ///< called for each row
  /// Called after each run, with the number of runs done and of all.
  std::function<void(std::uint64_t done, std::uint64_t all)> progress = [](auto, auto) {};
  /// Whether to stop: what is imported by then stays.
  std::function<bool()> stops = [] { return false; };
};

struct old_import_report {
  std::uint64_t versions = 0;      ///< of flows, in the database
  std::uint64_t new_versions = 0;  ///< of these, imported now
  std::uint64_t completed = 0, failed = 0, cancelled = 0, paused = 0;  ///< runs imported now
  std::uint64_t present = 0;   ///< runs that an earlier import has taken
  std::uint64_t left_out = 0;  ///< rows that were not taken; each has a note
};
[[nodiscard]] json to_json(const old_import_report& report);

/// Imports the database of the previous engine into a scope of a store that nothing else uses. The
/// database is only read, and all of it is checked before anything is written. Can be repeated:
/// what was imported before is left as it is. Errors: as `sqlite_file::open`; `cancelled`; those of
/// the store.
[[nodiscard]] result<old_import_report> import_old_engine(persistence::store& to,
                                                          const old_import_options& how);

}  // namespace pawl::cli
