#include "persistence/memory/tree.hpp"

#include <tuple>
#include <utility>
#include <vector>

namespace pawl::persistence {
namespace {

/// The n-th priority: SplitMix64 (G. Steele et al., "Fast Splittable Pseudorandom Number
/// Generators", 2014). It does not depend on the key, so no choice of keys makes the tree deep.
std::uint64_t priority_of(std::uint64_t n) noexcept {
  std::uint64_t z = n * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

bool is_below(std::string_view key, std::string_view to) noexcept {
  return to.empty() || key < to;
}

}  // namespace

struct versioned_tree::node {
  std::uint64_t epoch;
  std::uint64_t priority;
  std::shared_ptr<const std::string> key;  ///< shared by all copies of this node
  std::shared_ptr<const std::string> value;
  link left;
  link right;
};

/// The operations of one epoch. Recursion is as deep as the tree.
struct versioned_tree::change {
  std::uint64_t epoch;

  /// Replaces `at` by a node of this epoch, which may be changed.
  node& own(link& at) const {
    if (at->epoch != epoch) {
      at = std::make_shared<node>(*at);
      at->epoch = epoch;
    }
    return *at;
  }

  /// Splits the tree into the keys below and above `key`, which is not in the tree.
  std::pair<link, link> split(link at, std::string_view key) const {
    if (!at) return {};
    node& top = own(at);
    if (*top.key < key) {
      auto [low, high] = split(std::move(top.right), key);
      top.right = std::move(low);
      return {std::move(at), std::move(high)};
    }
    auto [low, high] = split(std::move(top.left), key);
    top.left = std::move(high);
    return {std::move(low), std::move(at)};
  }

  /// Joins two trees. All keys of `low` are below those of `high`.
  link join(link low, link high) const {
    if (!low) return high;
    if (!high) return low;
    if (low->priority > high->priority) {
      node& top = own(low);
      top.right = join(std::move(top.right), std::move(high));
      return low;
    }
    node& top = own(high);
    top.left = join(std::move(low), std::move(top.left));
    return high;
  }

  link inserted(link at, link fresh) const {
    if (!at) return fresh;
    if (fresh->priority > at->priority) {
      std::tie(fresh->left, fresh->right) = split(std::move(at), *fresh->key);
      return fresh;
    }
    node& top = own(at);
    link& side = *fresh->key < *top.key ? top.left : top.right;
    side = inserted(std::move(side), std::move(fresh));
    return at;
  }

  /// `key` must be in the tree.
  void replace(link& at, std::string_view key, std::shared_ptr<const std::string> value) const {
    node& top = own(at);
    if (key == *top.key) {
      top.value = std::move(value);
    } else {
      replace(key < *top.key ? top.left : top.right, key, std::move(value));
    }
  }

  /// `key` must be in the tree.
  void remove(link& at, std::string_view key) const {
    node& top = own(at);
    if (key == *top.key) {
      at = join(std::move(top.left), std::move(top.right));
    } else {
      remove(key < *top.key ? top.left : top.right, key);
    }
  }
};

void versioned_tree::put(std::string_view key, std::string value, std::uint64_t epoch) {
  const change now{epoch};
  auto stored = std::make_shared<const std::string>(std::move(value));
  if (find(key) != nullptr) {
    now.replace(root_, key, std::move(stored));
    return;
  }
  auto fresh = std::make_shared<node>(node{epoch, priority_of(++drawn_),
                                           std::make_shared<const std::string>(key),
                                           std::move(stored), nullptr, nullptr});
  root_ = now.inserted(std::move(root_), std::move(fresh));
}

void versioned_tree::erase(std::string_view key, std::uint64_t epoch) {
  if (find(key) != nullptr) change{epoch}.remove(root_, key);
}

const std::string* versioned_tree::find(std::string_view key) const noexcept {
  const node* at = root_.get();
  while (at != nullptr) {
    const int order = key.compare(*at->key);
    if (order == 0) return at->value.get();
    at = order < 0 ? at->left.get() : at->right.get();
  }
  return nullptr;
}

void versioned_tree::scan(const view::range& keys, const view::visitor& visit) const {
  // In-order traversal. The stack holds the nodes that are not visited yet.
  std::vector<const node*> waiting;
  const node* at = root_.get();
  while (at != nullptr || !waiting.empty()) {
    while (at != nullptr) {
      const bool above_from = *at->key >= keys.from;
      const bool below_to = is_below(*at->key, keys.to);
      if (above_from && below_to) {
        waiting.push_back(at);
        at = keys.reverse ? at->right.get() : at->left.get();
      } else {
        at = above_from ? at->left.get() : at->right.get();
      }
    }
    if (waiting.empty()) return;
    const node* next = waiting.back();
    waiting.pop_back();
    if (visit(*next->key, *next->value) == view::next::stop) return;
    at = keys.reverse ? next->left.get() : next->right.get();
  }
}

}  // namespace pawl::persistence
