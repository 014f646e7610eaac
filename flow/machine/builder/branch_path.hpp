#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "flow/machine/state.hpp"

namespace pawl::flow {

/// Whether the first `depth` forks of a token, which has passed at least as many, are those of a
/// branch.
[[nodiscard]] inline bool has_prefix(const token& t, const std::vector<std::uint32_t>& branch,
                                     std::size_t depth) {
  return std::equal(branch.begin(), branch.begin() + static_cast<std::ptrdiff_t>(depth),
                    t.branch.begin());
}

/// Whether a token has passed the first `depth` forks of a branch and at least one more.
[[nodiscard]] inline bool is_inside(const token& t, const std::vector<std::uint32_t>& branch,
                                    std::size_t depth) {
  return t.branch.size() > depth && has_prefix(t, branch, depth);
}

}  // namespace pawl::flow
