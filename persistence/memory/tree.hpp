#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "persistence/store.hpp"

namespace pawl::persistence {

/// An ordered map whose copies are snapshots: copying costs one pointer, and a change makes new
/// only the path from the root to the changed record, sharing the rest with the copies.
///
/// A treap: a binary search tree by key that is at the same time a heap by priorities drawn at
/// random, which keeps its depth near 2 ln n whatever the order of insertions (C. Aragon and
/// R. Seidel, "Randomized Search Trees", 1989).
///
/// Concurrency: a copy is read by many threads while another copy changes. One copy is changed by
/// one thread, and not read meanwhile.
class versioned_tree {
 public:
  /// `epoch` says which write a change belongs to. Nodes made in the current epoch are in no copy
  /// yet and are changed in place. Whoever copies the tree raises the epoch before the next change.
  void put(std::string_view key, std::string value, std::uint64_t epoch);
  void erase(std::string_view key, std::uint64_t epoch);

  /// The value under `key`, or nullptr. Lives as long as this copy of the tree is unchanged.
  [[nodiscard]] const std::string* find(std::string_view key) const noexcept;

  /// Visits as `view::scan` does.
  void scan(const view::range& keys, const view::visitor& visit) const;

  [[nodiscard]] bool empty() const noexcept { return root_ == nullptr; }

 private:
  struct node;
  struct change;
  using link = std::shared_ptr<node>;

  link root_;
  std::uint64_t drawn_ = 0;  ///< priorities drawn so far
};

}  // namespace pawl::persistence
