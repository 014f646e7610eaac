#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/run.hpp>

#include "persistence/record.hpp"
#include "persistence/store.hpp"

/// The order in which transitions became durable, over all runs. The journal has one record per
/// group of transitions that were written together. Their events are in their checkpoints.
namespace pawl::persistence {

/// One transition.
struct journal_entry {
  run_key run;
  std::uint64_t checkpoint = 0;

  friend bool operator==(const journal_entry&, const journal_entry&) = default;
};

/// Appends the record of a group to a buffer, entry by entry.
class journal_writer {
 public:
  /// `to` must outlive the writer.
  explicit journal_writer(std::string& to);

  void add(const run_key& run, std::uint64_t checkpoint);
  /// Ends the record. Call it once, last.
  void finish() { record_.finish(); }

 private:
  std::string& buffer_;
  record_writer record_;
  // Where the scope of the entry before is in the buffer. Most entries have the same.
  std::size_t scope_at_;
  std::size_t scope_size_ = 0;
};
[[nodiscard]] std::string encode_journal(const std::vector<journal_entry>& group);
/// Errors: `corrupt`, `schema_newer`.
[[nodiscard]] result<std::vector<journal_entry>> decode_journal(std::string_view bytes);

/// The numbers of the oldest and the newest group. Returns nothing for an empty journal. Errors:
/// those of the view.
struct journal_span {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};
[[nodiscard]] result<std::optional<journal_span>> span_of_journal(const view& from);

/// Transitions in the order in which they became durable.
struct journal_page {
  std::vector<std::pair<journal_position, journal_entry>> entries;  ///< `event` is 0
  journal_position next;                                            ///< where the next page starts
  std::size_t steps = 0;  ///< transitions that were read, those of other scopes included
  bool more = false;      ///< the page has ended before the journal
  /// Transitions right after `after` are no longer kept, or a group of the page is damaged.
  bool lost = false;
};
struct journal_limits {
  std::size_t entries;  ///< of the page
  std::size_t steps;    ///< transitions that are read, those of other scopes included
};
/// Returns transitions of a scope, from position `after`, inclusive. A page can end without one of
/// this scope: read on while there is more. Without `after`: no transitions, and `next` is the end
/// of the journal. Errors: those of the view.
[[nodiscard]] result<journal_page> read_journal(const view& from, const scope_name& scope,
                                                std::optional<journal_position> after,
                                                journal_limits limits);

}  // namespace pawl::persistence
