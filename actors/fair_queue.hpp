#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include <pawl/assert.hpp>

namespace pawl::actors {

/// The places beyond a limit that are kept for scopes which hold few: a quarter of it, at least 1.
[[nodiscard]] constexpr std::uint64_t reserve_for(std::uint64_t limit) noexcept {
  return limit / 4 + (limit % 4 == 0 ? 0 : 1);
}

/// A limited number of places, and the items that wait for one.
///
/// Who is next: the scope that holds the fewest places; among equals the one that has waited
/// longest for its turn. Within a scope the flows take turns. Within a flow the item with the
/// lowest rank is next.
///
/// Who may take a place: anyone below `limit`. Above it, up to `limit + reserve`, only a scope that
/// holds fewer places than are left. So a scope that holds all places below the limit, for however
/// long, does not keep a scope out that holds none. (Dynamic thresholds, with a factor of 1, within
/// the reserve: A. Choudhury, E. Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet
/// Switches", 1998.)
///
/// All operations are O(log n). An item that waits costs its own size and about 50 bytes; a scope
/// or a flow costs something only while it waits or holds places. Not safe for concurrent use.
template <class Item>
class fair_queue {
  struct flow_line {
    std::string name;
    std::map<std::uint64_t, Item> items;  ///< by rank
  };
  struct scope_line {
    std::string_view name;  ///< the key of its entry in `scopes_`
    std::uint64_t held = 0;
    std::uint64_t turn = 0;      ///< when it was last served, or began to wait
    std::list<flow_line> flows;  ///< that have items; the first is next
    std::unordered_map<std::string_view, typename std::list<flow_line>::iterator> flow_of;
  };

 public:
  /// Where an item waits. Valid until the item has left the queue.
  class position {
   public:
    position() = default;

   private:
    friend fair_queue;
    scope_line* scope_ = nullptr;
    typename std::list<flow_line>::iterator flow_;
    std::uint64_t rank_ = 0;
  };

  fair_queue(std::uint64_t limit, std::uint64_t reserve) : limit_(limit), reserve_(reserve) {}
  fair_queue(fair_queue&&) = delete;  // entries have pointers to each other

  /// Adds an item that waits. `rank` must be unique within the flow.
  position push(std::string_view scope, std::string_view flow, std::uint64_t rank, Item item) {
    scope_line& line = line_of(scope);
    if (line.flows.empty()) {
      line.turn = ++turns_;
      order_.insert(&line);
    }
    auto known = line.flow_of.find(flow);
    if (known == line.flow_of.end()) {
      const auto added = line.flows.insert(line.flows.end(), flow_line{std::string{flow}, {}});
      known = line.flow_of.emplace(added->name, added).first;
    }
    position at;
    at.scope_ = &line;
    at.flow_ = known->second;
    at.rank_ = rank;
    const bool is_new = at.flow_->items.emplace(rank, std::move(item)).second;
    PAWL_ASSERT(is_new, "the ranks of a flow are unique");
    ++size_;
    return at;
  }

  /// Gives a place to the item that is next and removes it. None if nothing waits, or what waits
  /// may not take a place now.
  [[nodiscard]] std::optional<Item> pop() {
    if (order_.empty() || !may_take((*order_.begin())->held)) return std::nullopt;
    auto node = order_.extract(order_.begin());
    scope_line& line = *node.value();
    auto& flow = line.flows.front();
    std::optional<Item> next{std::move(flow.items.extract(flow.items.begin()).mapped())};
    --size_;
    if (flow.items.empty())
      erase_flow(line, line.flows.begin());
    else
      line.flows.splice(line.flows.end(), line.flows, line.flows.begin());
    ++line.held;
    ++used_;
    line.turn = ++turns_;
    if (!line.flows.empty()) order_.insert(std::move(node));
    return next;
  }

  /// Removes an item that waits.
  Item erase(const position& at) {
    scope_line& line = *at.scope_;
    auto node = at.flow_->items.extract(at.rank_);
    PAWL_ASSERT(node, "a position is that of an item that waits");
    --size_;
    if (at.flow_->items.empty()) erase_flow(line, at.flow_);
    if (line.flows.empty()) {
      order_.erase(&line);
      erase_if_unused(line);
    }
    return std::move(node.mapped());
  }

  /// The number of items of its flow that are served before an item that waits, counted up to
  /// `most`. O(most).
  [[nodiscard]] std::size_t ahead_of(const position& at, std::size_t most) const {
    std::size_t ahead = 0;
    for (const auto& [rank, item] : at.flow_->items) {
      if (rank >= at.rank_ || ahead == most) break;
      ++ahead;
    }
    return ahead;
  }

  /// Takes a place for a scope if it may have one now; then none of its items waits.
  [[nodiscard]] bool try_take(std::string_view scope) {
    const auto known = scopes_.find(scope);
    if (!may_take(known == scopes_.end() ? 0 : known->second.held)) return false;
    take(scope, 1);
    return true;
  }
  /// Takes places without regard to the limit.
  void take(std::string_view scope, std::uint64_t count) {
    if (count == 0) return;
    change_held(line_of(scope), [&](scope_line& line) { line.held += count; });
    used_ += count;
  }
  /// Gives places back. `pop` may then return items.
  void release(std::string_view scope, std::uint64_t count = 1) {
    if (count == 0) return;
    const auto known = scopes_.find(scope);
    PAWL_ASSERT(known != scopes_.end() && known->second.held >= count,
                "a scope gives back what it holds");
    scope_line& line = known->second;
    change_held(line, [&](scope_line& l) { l.held -= count; });
    used_ -= count;
    erase_if_unused(line);
  }

  /// The number of places of a scope.
  [[nodiscard]] std::uint64_t held(std::string_view scope) const {
    const auto known = scopes_.find(scope);
    return known == scopes_.end() ? 0 : known->second.held;
  }
  /// The number of items that wait.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  /// The number of places that are taken.
  [[nodiscard]] std::uint64_t used() const noexcept { return used_; }
  [[nodiscard]] std::uint64_t limit() const noexcept { return limit_; }

 private:
  struct served_before {
    bool operator()(const scope_line* a, const scope_line* b) const noexcept {
      return std::tie(a->held, a->turn) < std::tie(b->held, b->turn);
    }
  };
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };

  [[nodiscard]] bool may_take(std::uint64_t held) const noexcept {
    if (used_ < limit_) return true;
    const auto all = limit_ + reserve_;
    return held < all - std::min(all, used_);
  }

  scope_line& line_of(std::string_view scope) {
    if (const auto known = scopes_.find(scope); known != scopes_.end()) return known->second;
    const auto added = scopes_.try_emplace(std::string{scope}).first;
    added->second.name = added->first;
    return added->second;
  }

  template <class Change>
  void change_held(scope_line& line, const Change& change) {
    if (line.flows.empty()) return change(line);
    auto node = order_.extract(&line);
    change(line);
    order_.insert(std::move(node));
  }

  void erase_flow(scope_line& line, typename std::list<flow_line>::iterator flow) {
    line.flow_of.erase(flow->name);
    line.flows.erase(flow);
  }

  void erase_if_unused(scope_line& line) {
    if (line.held == 0 && line.flows.empty()) scopes_.erase(scopes_.find(line.name));
  }

  const std::uint64_t limit_;
  const std::uint64_t reserve_;
  std::uint64_t used_ = 0;
  std::uint64_t turns_ = 0;
  std::size_t size_ = 0;
  std::unordered_map<std::string, scope_line, text_hash, std::equal_to<>> scopes_;
  std::set<scope_line*, served_before> order_;  ///< the scopes with items
};

}  // namespace pawl::actors
