#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <pawl/result.hpp>

#include "persistence/store.hpp"

/// Lists of the index of runs that have the same order: what follows the prefix of a list in its
/// keys (`keys::order_at`). Not thread-safe; the view must outlive them.
namespace pawl::persistence {

/// A place in a list: at an order, or right after it. Both directions use it.
struct list_place {
  std::string order;  ///< empty: before the first entry
  bool after = false;

  friend bool operator==(const list_place&, const list_place&) = default;
};

struct list_entry {
  std::string order;
  std::string value;
};

/// The first key after all that begin with `prefix`; empty: there is none.
[[nodiscard]] std::string after_prefix(std::string prefix);

/// The orders that a search is limited to: `from <= order < to`; an empty `to` is no limit.
struct order_limits {
  std::string from;
  std::string to;
};

/// One list of the index, read in chunks that grow while it is read without gaps.
class sorted_list {
 public:
  sorted_list(const view& from, std::string prefix, order_limits limits, bool reverse);
  /// A list of given orders, which are in its order. `keys_read`: entries that were read to find
  /// them.
  sorted_list(const view& from, std::vector<std::string> orders, bool reverse,
              std::uint64_t keys_read = 0);

  /// The first entry at a place or beyond it; null at the end, and if there is none before `before`
  /// (none: no limit). Places must not go back. Valid until the next call. Errors: `corrupt`,
  /// `io_failed`.
  ///
  /// A limit keeps the cost of a list without entries there from growing with the entries that were
  /// erased from it, over which the store has to pass.
  [[nodiscard]] result<const list_entry*> at(const list_place& place,
                                             const std::optional<std::string>& before = {});
  /// The last of the entries that were read and not passed; null if there is none.
  [[nodiscard]] const list_entry* last_read() const noexcept {
    return read_.empty() ? nullptr : &read_.back();
  }
  /// Entries read from the store.
  [[nodiscard]] std::uint64_t keys_read() const noexcept { return keys_read_; }

 private:
  [[nodiscard]] bool comes_before(const std::string& a, const std::string& b) const noexcept;
  [[nodiscard]] bool is_before(const std::string& order, const list_place& place) const noexcept;
  result<void> read(const list_place& place, const std::optional<std::string>& before);

  const view* from_;
  std::string prefix_;
  order_limits limits_;
  bool reverse_;
  std::deque<list_entry> read_;
  bool is_read_to_end_ = false;
  std::optional<std::string> read_before_;  ///< all entries before it have been read
  std::size_t chunk_ = 4;  ///< entries of the last read; half of those of the first
  std::uint64_t keys_read_ = 0;
};

/// The union of lists. A list is read only as far as those that were added before it have been: add
/// those first that have most entries, and last those from which most are erased.
class merged_lists {
 public:
  explicit merged_lists(bool reverse) : reverse_(reverse) {}
  void add(sorted_list list) { lists_.push_back(std::move(list)); }
  /// As `sorted_list::at`.
  [[nodiscard]] result<const list_entry*> at(const list_place& place);
  [[nodiscard]] std::uint64_t keys_read() const noexcept;

 private:
  bool reverse_;
  std::vector<sorted_list> lists_;
};

}  // namespace pawl::persistence
