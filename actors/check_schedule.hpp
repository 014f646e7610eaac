#pragma once

#include <chrono>
#include <set>

namespace pawl::actors {

/// The times of delayed messages that an actor has sent to itself, so that it sends no more of them
/// than it needs. Not safe for concurrent use.
class check_schedule {
 public:
  using time = std::chrono::steady_clock::time_point;

  /// A check is needed at this time, or before. Returns true if a message has to be sent for it.
  [[nodiscard]] bool add(time at) {
    if (!times_.empty() && *times_.begin() <= at) return false;
    times_.insert(at);
    return true;
  }
  /// A check takes place: forgets the messages of this time and before.
  void on_check(time now) { times_.erase(times_.begin(), times_.upper_bound(now)); }

 private:
  std::set<time> times_;
};

}  // namespace pawl::actors
