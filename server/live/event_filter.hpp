#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/run.hpp>
#include <pawl/time.hpp>

#include "persistence/query/run_query.hpp"

namespace pawl::server {

/// The status that a run has after an event of this kind, if the kind says so.
[[nodiscard]] std::optional<run_status> status_after(std::string_view kind) noexcept;

/// Which events of a scope a reader wants: of some kinds, and those that fit conditions of the
/// filter language. The conditions are on what an event says, `id` and `status` (the one that it
/// leads to), and on what never changes in a run: `flow`, `version`, `parent` and `started`.
/// Immutable.
class event_filter {
 public:
  /// Selects all events.
  event_filter() = default;
  /// `kinds`: none for all. `now`: what relative times are relative to. Errors: `invalid_argument`
  /// for an unknown kind, a mistake in the conditions, or one on a field that changes.
  [[nodiscard]] static result<event_filter> parse(std::string_view conditions,
                                                  std::vector<std::string> kinds, time_point now);

  [[nodiscard]] bool selects_all() const noexcept;
  /// Whether what an event says fits: its kind, the status that it leads to and the id of its run.
  [[nodiscard]] bool fits_event(const run_id& run, std::string_view kind) const;
  /// Whether there are conditions that need the run.
  [[nodiscard]] bool needs_runs() const noexcept { return !on_run_.terms.empty(); }
  /// Whether a run fits these conditions. The answer is the same at all times.
  [[nodiscard]] bool fits_run(const run_summary& run) const;

 private:
  std::vector<std::string> kinds_;
  persistence::run_query on_event_;
  persistence::run_query on_run_;
};

}  // namespace pawl::server
