#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "persistence/store.hpp"

namespace pawl::persistence {

/// An ordered map whose copies are snapshots. Copying costs one pointer. A change copies only the
/// path from the root to the changed record and shares the rest with other copies.
///
/// A treap: a binary search tree by key that is also a heap by random priorities. Its depth stays
/// near 2 ln n for any order of insertions (C. Aragon and R. Seidel, "Randomized Search Trees",
/// 1989).
///
/// Concurrency: many threads may read a copy while another copy changes. Only one thread may use a
/// copy while it changes.
class versioned_tree {
 public:
  /// `epoch` is the number of the write. Nodes of the current epoch are in no copy yet and are
  /// changed in place. The caller increases the epoch between a copy and the next change.
  void put(std::string_view key, std::string value, std::uint64_t epoch);
  void erase(std::string_view key, std::uint64_t epoch);

  /// Returns the value of `key`, or nullptr. It is valid until this copy changes.
  [[nodiscard]] const std::string* find(std::string_view key) const noexcept;

  /// Visits as `view::scan` does.
  void scan(const view::range& keys, const view::visitor& visit) const;

  [[nodiscard]] bool empty() const noexcept { return root_ == nullptr; }

 private:
  struct node;
  struct change;
  using link = std::shared_ptr<node>;

  link root_;
  std::uint64_t drawn_ = 0;  ///< number of priorities drawn
};

}  // namespace pawl::persistence
