#pragma once

#include <atomic>
#include <optional>
#include <span>

#include "actors/engine_context.hpp"
#include "actors/messages.hpp"

namespace pawl::actors {

/// Makes written groups durable with one sync, then publishes them to readers and notifies their
/// senders. After the first failed sync it syncs nothing: admission is closed and every sender is
/// answered `commit_failed`.
///
/// The syncer finishes the groups that were handed to it. While there is none of these, the
/// persister may finish a group itself, so that only one thread at a time calls `finish`.
class written_groups {
 public:
  explicit written_groups(engine_context_ptr context) : context_(std::move(context)) {}

  /// Called by the persister before it sends a group to the syncer.
  void hand_over() noexcept { handed_over_.fetch_add(1, std::memory_order_relaxed); }
  /// Called by the syncer after it has finished groups.
  void take_back(std::size_t groups) noexcept {
    handed_over_.fetch_sub(groups, std::memory_order_release);
  }
  /// Called by the persister: whether the syncer has none.
  [[nodiscard]] bool is_ours() const noexcept {
    return handed_over_.load(std::memory_order_acquire) == 0;
  }

  /// Blocks until all are durable. `groups` is in the order of the writes and not empty.
  void finish(std::span<const group_written> groups);

 private:
  const engine_context_ptr context_;
  std::atomic<std::size_t> handed_over_{0};
  std::optional<error> failure_;
};

}  // namespace pawl::actors
