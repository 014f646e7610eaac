#pragma once

#include <unordered_map>

#include <pawl/engine.hpp>

#include "server/live/event_filter.hpp"

namespace pawl::cli {

/// Which of the stored events of a scope fit a filter. Not thread-safe.
class selected_events {
 public:
  selected_events(scope in, server::event_filter filter)
      : in_(std::move(in)), filter_(std::move(filter)) {}

  /// Errors: those of `scope_runs::list`.
  [[nodiscard]] result<bool> contains(const placed_event& event);

 private:
  [[nodiscard]] result<bool> fits(const run_id& run);

  const scope in_;
  const server::event_filter filter_;
  std::unordered_map<run_id, bool> known_;
};

}  // namespace pawl::cli
