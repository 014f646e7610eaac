#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "flow/machine/transition.hpp"
#include "persistence/runs.hpp"

namespace pawl::actors {

/// Called when a commit is durable, with null, or when it has failed, with the reason.
using commit_continuation = std::function<void(const error* failure)>;

/// A commit that was sent to the persister, and what follows when it is durable.
struct pending_commit {
  std::vector<flow::effect> effects;
  std::vector<flow::event> events;
  std::uint64_t sequence = 0;  ///< of the run's checkpoint
  time_point at{};
  persistence::index_state before;
  persistence::index_state after;
  persistence::task_changes tasks = {};
  std::vector<commit_continuation> continuations = {};
  std::chrono::steady_clock::time_point sent_at = std::chrono::steady_clock::now();
};

/// The commits of one run that are not durable yet, oldest first. Not safe for concurrent use.
class pending_commits {
 public:
  [[nodiscard]] bool empty() const noexcept { return commits_.empty(); }
  void push(pending_commit sent) { commits_.push_back(std::move(sent)); }
  /// Removes the oldest. There must be one.
  [[nodiscard]] pending_commit pop();
  /// The last that was pushed. There must be one.
  [[nodiscard]] pending_commit& newest();

  /// Calls `then` when all commits up to now are durable or have failed: at once if there is none.
  void when_durable(commit_continuation then);
  [[nodiscard]] const std::vector<pending_commit>& all() const noexcept { return commits_; }
  /// Removes all and calls their continuations with the reason.
  void fail(const error& reason);

 private:
  std::vector<pending_commit> commits_;
};

}  // namespace pawl::actors
