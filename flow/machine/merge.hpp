#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "flow/machine/state.hpp"

namespace pawl::flow {

/// What becomes of a key that several branches of a fork wrote with different values.
enum class merge_policy : std::uint8_t {
  error,    ///< the branches cannot be merged
  first,    ///< the first branch counts, in edge order
  last,     ///< the last one does
  collect,  ///< an array of all their values, in edge order; also where the values are equal
};

struct merged_value {
  json value;
  std::size_t depth = 0;  ///< how many forks the branch was behind that wrote it
};

/// What the branches of a run wrote, as one.
using merged_writes = std::map<std::string, merged_value>;

/// Two branches that wrote different values to one key.
struct merge_conflict {
  std::string key;
  const token* first;  ///< in edge order
  const token* second;
};

/// Merges branches that have one origin, behind its first `depth` forks: all tokens of a fork, and
/// of forks inside its branches, from the innermost outwards. At each fork the branches are taken
/// in edge order; what one of them wrote replaces what was written before the fork, and what two of
/// them wrote is up to the policy. Takes time in proportion to the keys of all tokens times the
/// depth of the forks.
[[nodiscard]] std::variant<merged_writes, merge_conflict> merge_branches(
    const std::vector<const token*>& branches, std::size_t depth, merge_policy policy);

}  // namespace pawl::flow
