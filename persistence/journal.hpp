#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/run.hpp>

#include "persistence/store.hpp"

/// In which order transitions became durable, over all runs. The writer puts one record beside each
/// group of transitions that it writes together; what happened in them is in their checkpoints.
namespace pawl::persistence {

/// A transition, by its run and checkpoint.
struct journal_entry {
  run_key run;
  std::uint64_t checkpoint = 0;

  friend bool operator==(const journal_entry&, const journal_entry&) = default;
};

[[nodiscard]] std::string encode_journal(const std::vector<journal_entry>& group);
/// Errors: `corrupt`.
[[nodiscard]] result<std::vector<journal_entry>> decode_journal(std::string_view bytes);

/// The numbers of the oldest group that is kept and of the last one; none in an empty store.
/// Errors: those of the view.
struct journal_span {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};
[[nodiscard]] result<std::optional<journal_span>> span_of_journal(const view& from);

/// Transitions with their places, in the order in which they became durable.
struct journal_page {
  std::vector<std::pair<journal_position, journal_entry>> entries;  ///< `event` is 0
  journal_position next;                                            ///< go on behind this
  bool lost = false;  ///< what is directly behind `after` is not kept any more
};
/// The transitions of a scope from the one at `after` on, that one included; at most `limit`.
/// Without `after` none, but the place to go on from. Errors: those of the view, `corrupt`.
[[nodiscard]] result<journal_page> read_journal(const view& from, const scope_name& scope,
                                                std::optional<journal_position> after,
                                                std::size_t limit);

}  // namespace pawl::persistence
