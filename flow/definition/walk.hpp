#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "flow/machine/state.hpp"

/// Graph traversal. `next_of(node, visit)` calls `visit` with each successor of a node that the
/// traversal may follow.
namespace pawl::flow {

/// Returns, for each of `size` nodes, whether it is in `open` or can be reached from there.
template <class NextOf>
[[nodiscard]] std::vector<bool> reached(std::size_t size, std::vector<node_index> open,
                                        const NextOf& next_of) {
  std::vector<bool> seen(size);
  for (const node_index from : open) seen[from] = true;
  while (!open.empty()) {
    const node_index at = open.back();
    open.pop_back();
    next_of(at, [&](node_index to) {
      if (seen[to]) return;
      seen[to] = true;
      open.push_back(to);
    });
  }
  return seen;
}

/// Returns, for each of `size` nodes, whether a node with `may_end(node)` can be reached from it.
template <class MayEnd, class NextOf>
[[nodiscard]] std::vector<bool> with_exit(std::size_t size, const MayEnd& may_end,
                                          const NextOf& next_of) {
  std::vector<std::vector<node_index>> sources(size);
  std::vector<node_index> ends;
  for (node_index i = 0; i < size; ++i) {
    next_of(i, [&](node_index to) { sources[to].push_back(i); });
    if (may_end(i)) ends.push_back(i);
  }
  return reached(size, std::move(ends), [&](node_index at, const auto& visit) {
    for (const node_index from : sources[at]) visit(from);
  });
}

}  // namespace pawl::flow
