#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include <pawl/assert.hpp>

namespace pawl::server {

/// The bytes that holders (scopes) have in a store of bounded size. When the store is full, the
/// holder that has the most loses its oldest items, so that none displaces what one with less has.
/// The cost is logarithmic in the number of holders. Not safe for concurrent use.
class holder_shares {
 public:
  void add(const std::string& holder, std::size_t bytes) {
    change(holder, held_[holder], held_[holder] + bytes);
    total_ += bytes;
  }
  /// `bytes` were added before.
  void remove(const std::string& holder, std::size_t bytes) {
    const auto found = held_.find(holder);
    PAWL_ASSERT(found != held_.end() && found->second >= bytes, "only what was added is removed");
    total_ -= bytes;
    change(holder, found->second, found->second - bytes);
  }

  [[nodiscard]] std::size_t total() const noexcept { return total_; }
  [[nodiscard]] bool empty() const noexcept { return by_size_.empty(); }
  /// The holder that has the most. There must be one.
  [[nodiscard]] const std::string& largest() const { return by_size_.rbegin()->second; }

 private:
  void change(const std::string& holder, std::size_t from, std::size_t to) {
    by_size_.erase({from, holder});
    if (to == 0) {
      held_.erase(holder);
      return;
    }
    held_[holder] = to;
    by_size_.emplace(to, holder);
  }

  std::unordered_map<std::string, std::size_t> held_;
  std::set<std::pair<std::size_t, std::string>> by_size_;
  std::size_t total_ = 0;
};

}  // namespace pawl::server
