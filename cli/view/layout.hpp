#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "flow/definition/definition.hpp"

namespace pawl::cli {

/// One line of the drawing of a flow.
struct layout_line {
  std::size_t node = 0;  ///< index in the definition
  /// For each level of branches around the node, outermost first: true if another branch follows
  /// below.
  std::vector<bool> more;
  bool head = false;  ///< first line of its branch
};

/// Lays out a flow as a tree, from its entry down. Nodes in sequence have the same depth. The
/// branches of a fork or condition are indented below it; nodes after the point where they meet
/// have the depth of the fork. Each reachable node appears once; edges back are not drawn. Very
/// large flows give a flat list. Pure; takes O(nodes × forks) time.
[[nodiscard]] std::vector<layout_line> lay_out(const flow::definition& flow);

}  // namespace pawl::cli
