#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "flow/state.hpp"

namespace pawl::flow {

/// What the branches of a run wrote, as one. Points into the tokens it was made from.
using merged_writes = std::map<std::string, const json*>;

/// Two branches that wrote different values to one key.
struct merge_conflict {
  std::string key;
  const token* first;  ///< in edge order
  const token* second;
};

/// Merges the branches of a run whose tokens have all ended, from the innermost fork outwards. At
/// each fork the branches are taken in edge order; what one of them wrote replaces what was written
/// before the fork, and two of them may not write different values to one key. Takes time in
/// proportion to the keys of all tokens times the depth of the forks.
[[nodiscard]] std::variant<merged_writes, merge_conflict> merge_branches(
    const std::vector<token>& ended);

}  // namespace pawl::flow
