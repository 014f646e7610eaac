#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <unordered_map>
#include <utility>

#include <pawl/assert.hpp>

namespace pawl::actors {

/// Values by key, up to a maximum of their weights in all; the least recently used are dropped. All
/// work is O(1), besides what is dropped. Not safe for concurrent use.
template <class Key, class Value, class Hash = std::hash<Key>>
class lru_map {
 public:
  struct entry {
    Key key;
    Value value;
    std::uint64_t weight = 1;
  };
  using entries = std::list<entry>;

  explicit lru_map(std::uint64_t max_weight) : max_weight_(max_weight) {}

  /// The value of a key, which counts as a use, or null. Valid until the next change.
  [[nodiscard]] Value* find(const Key& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->value;
  }

  /// Whether an entry of this weight can be kept at all.
  [[nodiscard]] bool can_hold(std::uint64_t weight) const noexcept { return weight <= max_weight_; }

  /// Adds an entry that `can_hold`, whose key has none. Returns what was dropped for it, so that
  /// the caller can destroy it without a lock.
  entries add(Key key, Value value, std::uint64_t weight = 1) {
    PAWL_ASSERT(can_hold(weight), "a larger entry is not added");
    entries dropped;
    while (weight_ + weight > max_weight_) drop(std::prev(entries_.end()), dropped);
    entries_.push_front({std::move(key), std::move(value), weight});
    const bool is_new = index_.emplace(entries_.front().key, entries_.begin()).second;
    PAWL_ASSERT(is_new, "the key of an added entry has none");
    weight_ += weight;
    return dropped;
  }

  void erase(const Key& key) {
    entries dropped;
    if (const auto found = index_.find(key); found != index_.end()) drop(found->second, dropped);
  }

  [[nodiscard]] std::uint64_t weight() const noexcept { return weight_; }
  [[nodiscard]] std::size_t size() const noexcept { return index_.size(); }

 private:
  void drop(typename entries::iterator which, entries& to) {
    index_.erase(which->key);
    weight_ -= which->weight;
    to.splice(to.begin(), entries_, which);
  }

  const std::uint64_t max_weight_;
  std::uint64_t weight_ = 0;
  entries entries_;  ///< most recently used first
  std::unordered_map<Key, typename entries::iterator, Hash> index_;
};

}  // namespace pawl::actors
