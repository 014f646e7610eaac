#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <pawl/ids.hpp>

namespace pawl::server {

/// The runs that WebSockets of the previous engine's API watch. Safe for concurrent use.
class watched_threads : public std::enable_shared_from_this<watched_threads> {
 public:
  /// Counts a WebSocket as long as the returned value is held.
  [[nodiscard]] std::shared_ptr<void> add(const run_key& run) {
    {
      const std::lock_guard lock{mutex_};
      ++sockets_[run];
    }
    return {nullptr, [self = shared_from_this(), run](void*) { self->remove(run); }};
  }

  struct overview {
    std::size_t sockets = 0;
    std::vector<std::string> threads;
  };
  /// Those of one scope.
  [[nodiscard]] overview of(const scope_name& scope) const {
    overview found;
    const std::lock_guard lock{mutex_};
    for (auto at = sockets_.lower_bound({scope, {}});
         at != sockets_.end() && at->first.scope == scope; ++at) {
      found.sockets += at->second;
      found.threads.push_back(at->first.id.str());
    }
    return found;
  }

 private:
  void remove(const run_key& run) {
    const std::lock_guard lock{mutex_};
    const auto found = sockets_.find(run);
    if (--found->second == 0) sockets_.erase(found);
  }

  mutable std::mutex mutex_;
  std::map<run_key, std::size_t> sockets_;  ///< number of WebSockets of each run
};

}  // namespace pawl::server
