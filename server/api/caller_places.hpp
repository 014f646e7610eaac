#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace pawl::server {

/// How many things of one kind each caller has at once, held to a limit, so that none takes what is
/// there for all. Safe for concurrent use; its places may outlive it.
class caller_places {
 public:
  explicit caller_places(std::size_t most) : most_(most) {}

  /// A place of this caller, which is given back with its last reference; null if he has as many as
  /// he may.
  [[nodiscard]] std::shared_ptr<void> take(const std::string& caller) {
    const std::lock_guard lock{taken_->mutex};
    auto& mine = taken_->by_caller[caller];
    if (mine >= most_) return nullptr;
    ++mine;
    // Of no use but to be let go of.
    return {taken_.get(), [taken = taken_, caller](void*) { taken->give_back(caller); }};
  }
  [[nodiscard]] std::size_t most() const noexcept { return most_; }

 private:
  struct table {
    void give_back(const std::string& caller) {
      const std::lock_guard lock{mutex};
      const auto found = by_caller.find(caller);
      if (--found->second == 0) by_caller.erase(found);
    }

    std::mutex mutex;
    std::map<std::string, std::size_t> by_caller;  ///< only those that have some
  };

  const std::size_t most_;
  const std::shared_ptr<table> taken_ = std::make_shared<table>();
};

}  // namespace pawl::server
