#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>

#include "persistence/keys.hpp"
#include "persistence/store.hpp"

namespace pawl::actors {

/// The timers of one kind, by due time. All are in an index of the store; those of the next minutes
/// are held in memory, up to a maximum number. `now` is always a time of the clock of the kind. Not
/// safe for concurrent use.
class timer_list {
 public:
  explicit timer_list(persistence::timer_kind kind);

  /// Adds a timer that was set. Returns true if it is the first of those in memory.
  bool add(const run_key& key, time_point due);
  void remove(const run_key& key, time_point due);

  /// Returns true if timers that are due soon may be in the store only.
  [[nodiscard]] bool must_read(time_point now) const;
  /// Reads timers from the store, up to the end of the next window. Changes nothing on error.
  result<void> read(const persistence::view& from, time_point now);

  /// Removes and returns the key of the first timer if it is due. `must_read` must be false.
  [[nodiscard]] std::optional<std::string> take_due(time_point now);
  /// When the first timer is due. Nothing if none is in memory.
  [[nodiscard]] std::optional<time_point> next_due() const;
  /// Returns true if neither memory nor the store has a timer.
  [[nodiscard]] bool is_empty() const;

 private:
  const persistence::timer_kind kind_;
  const persistence::view::range all_;
  std::set<std::string> upcoming_;  ///< keys of timers that have not fired, all before `read_to_`
  std::string read_to_;             ///< timers from this key on are in the store only
};

}  // namespace pawl::actors
