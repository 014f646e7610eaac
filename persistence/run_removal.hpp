#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/run.hpp>

#include "persistence/blobs.hpp"
#include "persistence/codec.hpp"
#include "persistence/store.hpp"

/// Deletes runs, each with the runs that it started, in bounded batches. The first batch makes the
/// run unknown and marks the deletion as begun, the last one removes the mark. After a crash in
/// between, `finish_removals` completes what is marked.
namespace pawl::persistence {

/// A run to delete. Without a record it is half deleted.
struct family_member {
  run_key key;
  std::optional<run_record> record;
};

/// Checks whether a run may be deleted: it has ended, is not marked to be kept, and no parent that
/// has not completed or been cancelled may still need it. `as_child`: it goes with its parent, so
/// the parent is not looked at. Errors: `not_found`, `illegal_transition` (says what to do),
/// `corrupt`, `io_failed`.
enum class removed_as : std::uint8_t { root, child };
[[nodiscard]] result<run_record> load_removable(const view& from, const run_key& key,
                                                removed_as how);

/// Returns whether a run is marked to be kept. Errors: `io_failed`.
[[nodiscard]] result<bool> is_kept(const view& from, const run_key& key);

/// The error type of a run that is marked to be kept.
inline constexpr std::string_view kept_error = "run_is_kept";

/// Returns the runs that a run has started, as its history says, and that are not deleted. Reads
/// the whole history. Errors: `corrupt`, `io_failed`.
[[nodiscard]] result<std::vector<run_id>> load_children(const view& from, const run_key& parent);

/// Returns a run and all runs below it, parents before children. Errors: as `load_removable` and
/// `load_children`, for any of them.
[[nodiscard]] result<std::vector<family_member>> load_family(const view& from, const run_key& root);

/// The batches that delete a family. Nothing else may change its runs until the last batch is
/// durable. Not thread-safe.
class run_removal {
 public:
  /// Maximum number of operations in a batch: a write of as many takes less than a millisecond.
  static constexpr std::size_t max_operations = 256;

  /// `family`: parents before children. `from`: the store, from before the first batch.
  run_removal(std::shared_ptr<const view> from, std::vector<family_member> family);

  /// Returns the next batch, or nothing after the last. Errors: `corrupt`, `io_failed`.
  [[nodiscard]] result<std::optional<batch>> next();

  /// The blobs that the runs have held until the batches since the last call.
  [[nodiscard]] std::set<blob_key> take_released() { return std::exchange(released_, {}); }

  /// What the batches so far delete.
  [[nodiscard]] const std::vector<family_member>& family() const noexcept { return family_; }
  [[nodiscard]] std::uint64_t records() const noexcept { return records_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  /// Deletes records of the checkpoints of `member` from `position_` on, until the batch is full.
  /// Returns whether all are deleted.
  [[nodiscard]] result<bool> erase_records(const family_member& member, batch& to);
  [[nodiscard]] result<std::optional<batch>> all_in_one();
  /// If a record is the name of a blob, erases its other side.
  void release_blob(const run_key& run, std::string_view record, batch& to);

  const std::shared_ptr<const view> from_;
  const std::vector<family_member> family_;
  bool begun_ = false;
  std::size_t hidden_ = 0;  ///< members that are unknown already
  std::size_t erased_ = 0;  ///< members without records, counted from the last one
  std::string position_;    ///< the next record of the member that is being deleted; empty: first
  bool erases_children_ = false;  ///< of the member: its records are deleted
  std::set<blob_key> released_;
  std::uint64_t records_ = 0;
  std::uint64_t bytes_ = 0;
};

/// Completes the deletions that the last process has begun. Nothing else may use the store
/// meanwhile. Returns the number of runs. Errors: `corrupt`, and as `store::write`.
result<std::size_t> finish_removals(store& opened);

}  // namespace pawl::persistence
