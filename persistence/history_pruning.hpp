#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pawl/run.hpp>

#include "persistence/store.hpp"

/// Prunes histories: deletes the oldest checkpoints of runs, in bounded batches. Input and state
/// stay, and so does everything that the kept checkpoints promise: each of them can be read, with
/// the state at it. So a run that loops for years keeps its size.
namespace pawl::persistence {

/// One batch of the pruning of a run.
struct pruned_part {
  batch writes;
  std::uint64_t checkpoints = 0;        ///< that it deletes
  std::uint64_t bytes = 0;              ///< their size, uncompressed
  bool more = false;                    ///< another part can follow when this one is durable
  std::vector<std::string> blobs = {};  ///< hashes of blobs that the run may hold no more
};

/// Prepares the deletion of the oldest checkpoints of a run: all but the last `keep`, and those
/// after its last whole state, from which it is loaded. At most 256 checkpoints and about 1 MiB.
/// Nothing if there is none to delete. Safe beside commits of the run: they never touch these
/// records, nor the names of blobs that these have (blobs.hpp). Not safe beside its deletion.
/// Errors: `corrupt`, `io_failed`.
[[nodiscard]] result<std::optional<pruned_part>> prune_history(const view& from, const run_key& run,
                                                               std::uint64_t keep);

/// The number of the last checkpoint of a run that was pruned; 0: none. Errors: `corrupt`,
/// `io_failed`.
[[nodiscard]] result<std::uint64_t> last_pruned(const view& from, const run_key& run);

}  // namespace pawl::persistence
