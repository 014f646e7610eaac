#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include <pawl/activity.hpp>
#include <pawl/ids.hpp>

#include "actors/lru_map.hpp"

namespace pawl::actors {

/// What the runs of each scope did in the last minutes; see `scope_activity`. Keeps an entry only
/// for minutes in which something happened. Safe for concurrent use.
class activity_table {
 public:
  /// Notes when the engine was opened. Later calls do nothing.
  void begin(time_point now);
  void add(const scope_name& in, time_point at, const activity_counts& what);
  [[nodiscard]] activity read(const scope_name& in, time_point now, std::size_t minutes) const;

 private:
  struct minute {
    std::int64_t number = 0;  ///< since 1970
    activity_counts counts;
  };
  using minutes_of_scope = std::deque<minute>;  ///< oldest first

  mutable std::mutex mutex_;  ///< guards the members below
  std::optional<time_point> since_;
  /// A read is a use, too.
  mutable lru_map<scope_name, minutes_of_scope> scopes_{max_activity_scopes};
};

}  // namespace pawl::actors
