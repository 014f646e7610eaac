#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <pawl/worker.hpp>

#include "persistence/keys.hpp"

namespace pawl::actors {

using steady_time = std::chrono::steady_clock::time_point;

/// A task that a worker has.
struct lease {
  std::uint64_t number = 0;
  persistence::keys::task_queue queue;
  std::string worker;
  std::chrono::milliseconds length{0};
  task_wish wish = task_wish::none;
  bool expired = false;  ///< the run was asked to take the task back
  std::string node;      ///< empty after a restart, until it is needed
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
};

/// The leases of all workers, by task and by end. Not safe for concurrent use.
class lease_table {
 public:
  using task_key = persistence::keys::task_key;

  /// Adds a lease that ends its length after `now`, in place of any other of the task. Returns its
  /// end.
  steady_time put(const task_key& key, lease l, steady_time now);
  void erase(const task_key& key);
  /// The lease of a task with this number. Null if the task has none or another.
  [[nodiscard]] lease* find(const task_key& key, std::uint64_t number);
  /// Extends a lease to its length after `now`. It must exist.
  void renew(const task_key& key, steady_time now);

  /// The end of the lease that ends first.
  [[nodiscard]] std::optional<steady_time> next_end() const;
  /// The task whose lease ends first, if it ended at `now` or before.
  [[nodiscard]] std::optional<task_key> first_ended(steady_time now) const;
  /// The lease of a task. It must exist.
  [[nodiscard]] lease& at(const task_key& key);

  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [key, e] : leases_) visit(key, e.what);
  }

 private:
  struct entry {
    lease what;
    steady_time end{};
  };

  std::map<task_key, entry> leases_;
  std::set<std::pair<steady_time, task_key>> ends_;
};

}  // namespace pawl::actors
