#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <pawl/engine.hpp>

#include "flow/definition/definition.hpp"

namespace pawl::cli {

/// A run to follow.
struct followed_run {
  run_id id;
  flow_version_id flow;
  std::shared_ptr<const flow::definition> definition;
  /// Earlier events, which are not shown again.
  std::vector<history_event> past;
  /// Its last checkpoint when following began; 0 for a new run.
  std::uint64_t checkpoint = 0;
  time_point created_at{};
  std::vector<std::string> at;        ///< IDs of its nodes at that checkpoint
  std::optional<error> refused = {};  ///< why it cannot be followed
};

/// Interval at which `watcher::tick` is called without events.
inline constexpr std::chrono::milliseconds tick_interval{50};

/// Shows the progress of runs. Not thread-safe.
class watcher {
 public:
  virtual ~watcher() = default;

  /// Adds a run.
  virtual void follow(const followed_run& run) = 0;
  virtual void on_event(const live_event& e) = 0;
  /// The state of an unfinished run: what it waits for, and until when.
  virtual void on_view(const run_view&) {}
  /// A run has ended; follows its last event.
  virtual void on_end(const run_summary& run) = 0;
  /// Called regularly, also without events.
  virtual void tick() {}
  /// Shows a message: one printable sentence.
  virtual void note(const std::string& sentence) = 0;
  /// Draws the final state.
  virtual void finish() {}
};

}  // namespace pawl::cli
