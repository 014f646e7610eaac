#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "flow/machine/state.hpp"

namespace pawl::flow {

/// What to do with a key to which several branches of a fork wrote different values.
enum class merge_policy : std::uint8_t {
  error,    ///< fail the merge
  first,    ///< keep the value of the first branch, in edge order
  last,     ///< keep the value of the last branch
  collect,  ///< make an array of all values, in edge order, even of equal ones
};

struct merged_value {
  json value;
  std::size_t depth = 0;  ///< number of forks before the branch that wrote it
};

/// The merged writes of branches.
using merged_writes = std::map<std::string, merged_value>;

/// Two branches that wrote different values to a key.
struct merge_conflict {
  std::string key;
  const token* first;  ///< in edge order
  const token* second;
};

/// Merges all tokens of a fork, and of the forks inside its branches, from the innermost fork
/// outwards. `depth` is the number of forks before it. At each fork the branches are merged in edge
/// order: a write of one branch replaces what was written before the fork; for writes of several
/// branches the policy decides. Takes time proportional to the keys of all tokens times the depth
/// of the forks.
[[nodiscard]] std::variant<merged_writes, merge_conflict> merge_branches(
    const std::vector<const token*>& branches, std::size_t depth, merge_policy policy);

}  // namespace pawl::flow
