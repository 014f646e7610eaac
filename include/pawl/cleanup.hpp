#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <pawl/ids.hpp>

namespace pawl {

/// What the deletion of a run has deleted.
struct run_removed {
  run_id id;
  std::uint64_t runs = 0;     ///< the run and the runs that it started as subflows
  std::uint64_t records = 0;  ///< their checkpoints, states and inputs
  std::uint64_t bytes = 0;    ///< size of these records, uncompressed
};

/// Selects ended runs to delete.
struct cleanup_options {
  /// Minimum time since a run ended, whatever its status. None: as `retention.completed_for_ms`,
  /// `retention.failed_for_ms` and `retention.cancelled_for_ms` say.
  std::optional<std::chrono::milliseconds> older_than = {};
  bool dry_run = false;      ///< deletes nothing, and counts what would be deleted
  std::size_t limit = 1000;  ///< 1 to 1000 runs, subflows not included
  std::string cursor = {};   ///< `cleanup_page::next` of the previous page
};

/// What one page of a cleanup has deleted, oldest runs first.
struct cleanup_page {
  std::uint64_t completed = 0;  ///< runs deleted, subflows not included
  std::uint64_t failed = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t runs = 0;     ///< all runs deleted, subflows included
  std::uint64_t records = 0;  ///< their checkpoints, states and inputs
  std::uint64_t bytes = 0;    ///< size of these records, uncompressed
  std::uint64_t kept = 0;     ///< not deleted: they, or their subflows, are marked to be kept
  /// Not deleted: still in use, or a subflow has not ended, or quarantined.
  std::uint64_t in_use = 0;
  std::uint64_t damaged = 0;  ///< not deleted: their records cannot be read
  std::string next;           ///< cursor of the next page; empty on the last page
};

}  // namespace pawl
