#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <pawl/engine.hpp>

#include "flow/definition/definition.hpp"

namespace pawl::cli {

/// A run that is about to be followed.
struct followed_run {
  run_id id;
  flow_version_id flow;
  std::shared_ptr<const flow::definition> definition;
  /// What happened before: it is known, and not to be told again.
  std::vector<history_event> past;
  /// The number of its last checkpoint then; 0 for a run that is new.
  std::uint64_t checkpoint = 0;
  time_point created_at{};
  std::vector<std::string> at;  ///< ids of the nodes where it stood then
};

/// Shows runs while they run. Called by one thread.
class watcher {
 public:
  virtual ~watcher() = default;

  /// A further run will have events.
  virtual void follow(const followed_run& run) = 0;
  virtual void on_event(const live_event& e) = 0;
  /// A run has come to its end; its last events came before.
  virtual void on_end(const run_summary& run) = 0;
  /// Called often, also when nothing happens.
  virtual void tick() {}
  /// Something to tell besides: one sentence, printable.
  virtual void note(const std::string& sentence) = 0;
  /// Nothing more will come; the last picture is drawn.
  virtual void finish() {}
};

/// How runs are shown.
enum class show_as { lines, json_lines, live };

}  // namespace pawl::cli
