#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/run.hpp>

#include "flow/definition/definition.hpp"
#include "persistence/store.hpp"
#include "persistence/transfer/transfer_lines.hpp"

namespace pawl::persistence {

struct import_options {
  scope_name into;
  flow::limits limits;  ///< of flows
  time_point now{};     ///< of the pause of runs that are running
  bool dry_run = false;
  /// Runs that are running go on as they were; else they come paused.
  bool keep_running = false;
  /// Leaves out families with a run that exists; else they are an error.
  bool skip_existing = false;
  /// Makes the ids of runs, in place of those in the file. Empty: ids are kept.
  std::function<run_id()> make_id = {};
  /// Called for the root of each family, once it is written or, in a dry run, checked.
  std::function<void(const run_id& in_file, const run_id& now)> on_family = {};
};

struct import_report {
  transfer_totals imported;
  std::uint64_t paused = 0;   ///< runs that were running and came paused
  std::uint64_t pausing = 0;  ///< those that repeat their calls under way before they are paused
  std::uint64_t skipped = 0;  ///< runs of families with a run that exists
  /// Hashes of blobs that the runs name and the scope does not have, in hexadecimal digits; the
  /// first `max_missing_blobs` of them.
  std::set<std::string> missing_blobs = {};

  static constexpr std::size_t max_missing_blobs = 1'000;
};

/// Imports the runs of a file; see transfer_lines.hpp. Reads the file twice: first it checks all of
/// it, and writes nothing if anything is wrong, or if a run exists. Then it writes; after a crash
/// each family is there as a whole or not at all, so `skip_existing` continues. Nothing else may
/// use the store meanwhile. Holds one record, one state and the ids of one family at a time.
///
/// Errors: `invalid_argument` (a line; the message has its number), `schema_newer`,
/// `already_exists` (runs, or a flow version with another definition; lists them), `io_failed`
/// (the file), those of the store.
[[nodiscard]] result<import_report> import_runs(store& to, std::istream& file,
                                                const import_options& how);

}  // namespace pawl::persistence
