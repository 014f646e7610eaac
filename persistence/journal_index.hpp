#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include <pawl/ids.hpp>
#include <pawl/result.hpp>

#include "persistence/journal.hpp"
#include "persistence/store.hpp"

/// The index of the journal by scope, so that a reader of one scope does not read what all others
/// did. It has one record for each block of groups, which says which of them have transitions of
/// which scopes. A record is written with the last group of its block, and erased with it.
namespace pawl::persistence {

inline constexpr std::uint64_t groups_per_block = 256;

[[nodiscard]] constexpr std::uint64_t block_of(std::uint64_t group) noexcept {
  return group / groups_per_block;
}
[[nodiscard]] constexpr std::uint64_t last_group_of(std::uint64_t block) noexcept {
  return block * groups_per_block + (groups_per_block - 1);
}

/// The groups of a block, by their place in it.
using block_groups = std::bitset<groups_per_block>;

/// The block that is being written. Not thread-safe.
class journal_block {
 public:
  /// Notes that a group of the block has a transition of a scope.
  void add(std::uint64_t group, const scope_name& scope);
  /// Notes those of the groups of a journal's last block, if it is not complete, besides
  /// groups that cannot be read. Errors: those of the view, `schema_newer`.
  result<void> load(const view& from, const journal_span& journal);
  [[nodiscard]] std::string encode() const;
  void clear() { scopes_.clear(); }

 private:
  std::map<std::string, block_groups, std::less<>> scopes_;
};

/// Which groups of a block have transitions of a scope.
struct found_groups {
  block_groups groups;
  std::size_t scopes = 0;  ///< that the record of the block has
};
/// Errors: `corrupt`, `not_supported`, `schema_newer`.
[[nodiscard]] result<found_groups> find_groups(std::string_view block_record,
                                               const scope_name& scope);

}  // namespace pawl::persistence
