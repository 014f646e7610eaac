#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include <pawl/time.hpp>

#include "persistence/blobs.hpp"

namespace pawl::actors {

/// Keeps blobs that nothing holds yet from being deleted: one that a command names, from the check
/// that it exists to the write of the run that holds it; one that a run has released, which another
/// may be about to name; one that is being read. Each is kept for the same time, `blobs.grace_ms`,
/// so a command must be carried out within that time after its check.
///
/// What it knows is lost with the process, and so are the commands and reads that were under way.
/// Bounded: beyond `most` blobs, all blobs are kept for that time. Safe for concurrent use.
class blob_guard {
 public:
  static constexpr std::size_t most = 100'000;

  explicit blob_guard(std::chrono::milliseconds grace) : grace_(grace) {}

  /// Keeps a blob from now on. Returns false if it is being deleted.
  [[nodiscard]] bool touch(const persistence::blob_key& blob, time_point now);
  /// Whether a blob may be deleted. If so, it cannot be touched until `release`.
  [[nodiscard]] bool condemn(const persistence::blob_key& blob, time_point now);
  /// The blob is deleted, or stays.
  void release(const persistence::blob_key& blob);

 private:
  void forget_old(time_point now);

  const std::chrono::milliseconds grace_;
  std::mutex mutex_;
  std::map<persistence::blob_key, time_point> kept_until_;
  std::set<persistence::blob_key> condemned_;
  std::optional<time_point> all_kept_until_;
};

}  // namespace pawl::actors
