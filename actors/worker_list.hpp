#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <pawl/ids.hpp>
#include <pawl/time.hpp>
#include <pawl/worker.hpp>

namespace pawl::actors {

/// The workers that have polled or sent heartbeats lately, up to a maximum number. Not safe for
/// concurrent use.
class worker_list {
 public:
  struct worker {
    std::string queue;
    std::vector<std::string> functions;
    time_point seen_at{};
  };

  explicit worker_list(std::size_t max_workers = 10'000) : max_workers_(max_workers) {}

  /// A worker has polled. A new worker is ignored when the list is full.
  void on_poll(const scope_name& scope, const task_poll& poll, time_point now);
  /// A worker has sent a heartbeat. An unknown worker is ignored.
  void on_heartbeat(const scope_name& scope, const std::string& name, time_point now);
  /// Removes workers that were not seen since `then`.
  void erase_unseen_since(time_point then);

  template <class Visit>
  void for_each_in(const scope_name& scope, Visit&& visit) const {
    for (auto w = workers_.lower_bound({scope, {}}); w != workers_.end(); ++w) {
      if (w->first.first != scope) return;
      visit(w->first.second, w->second);
    }
  }

 private:
  const std::size_t max_workers_;
  std::map<std::pair<scope_name, std::string>, worker> workers_;  ///< by scope and name
};

}  // namespace pawl::actors
