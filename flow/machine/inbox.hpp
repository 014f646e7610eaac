#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <pawl/json.hpp>

namespace pawl::flow {

/// A signal sent to a run. Kept in the inbox until a node claims it.
struct signal {
  std::uint64_t number = 0;  ///< from 1, in order of arrival
  std::string id;            ///< chosen by the sender, to detect duplicates; may be empty
  std::string type;
  json payload;

  friend bool operator==(const signal&, const signal&) = default;
};

/// The signals of a run that are not claimed yet, oldest first. Adding, finding and removing one
/// takes O(log n). A value; not thread-safe.
class inbox {
 public:
  inbox() = default;
  inbox(std::vector<signal> signals);  // NOLINT: a list of signals is one

  [[nodiscard]] std::size_t size() const noexcept { return signals_.size(); }
  [[nodiscard]] bool empty() const noexcept { return signals_.empty(); }
  /// Size of the payloads; see `json_size`.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// The oldest signal of a type. Null if there is none.
  [[nodiscard]] const signal* find(std::string_view type) const noexcept;
  /// The signals by number.
  [[nodiscard]] const std::map<std::uint64_t, signal>& all() const noexcept { return signals_; }
  [[nodiscard]] std::size_t count(std::string_view type) const noexcept {
    return of_type(type).size();
  }
  /// The numbers of the signals of a type.
  [[nodiscard]] const std::set<std::uint64_t>& of_type(std::string_view type) const noexcept;
  /// The types of the signals.
  [[nodiscard]] std::vector<std::string_view> types() const;

  /// Adds a signal, whose number no other has.
  void add(signal added);
  void remove(std::uint64_t number);

  friend bool operator==(const inbox& a, const inbox& b) { return a.signals_ == b.signals_; }

 private:
  std::map<std::uint64_t, signal> signals_;
  std::map<std::string, std::set<std::uint64_t>, std::less<>> by_type_;
  std::size_t bytes_ = 0;
};

/// The ids of the last signals that a run received, to detect duplicates. Lookup takes O(1).
class recent_ids {
 public:
  /// How many are remembered.
  static constexpr std::size_t most = 1000;

  recent_ids() = default;
  recent_ids(std::vector<std::string> ids);  // NOLINT: a list of ids is one

  [[nodiscard]] bool contains(const std::string& id) const { return known_.contains(id); }
  /// Adds an id, and forgets the oldest if there are too many.
  void add(const std::string& id);
  /// Oldest first.
  [[nodiscard]] const std::deque<std::string>& all() const noexcept { return ids_; }

  friend bool operator==(const recent_ids& a, const recent_ids& b) { return a.ids_ == b.ids_; }

 private:
  std::deque<std::string> ids_;
  std::unordered_multiset<std::string> known_;
};

}  // namespace pawl::flow
