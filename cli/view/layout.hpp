#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "flow/definition/definition.hpp"

namespace pawl::cli {

/// A line of a drawn flow.
struct layout_line {
  std::size_t node = 0;  ///< index in the definition
  /// What stands left of the node, from outermost: for every level of branches whether another
  /// branch of it follows further down.
  std::vector<bool> more;
  bool head = false;  ///< it is the first line of its branch
};

/// Draws a flow as a tree, from its entry down: what is in sequence stands below each other, the
/// branches of a fork or a condition are indented under it, and what follows after they have met
/// again comes after them at the fork's depth. Every node that can be reached is in it once; an
/// edge back to a line that is there already is not drawn. Flows too large to be drawn so come as
/// a plain list. Pure; takes time linear in nodes × forks.
[[nodiscard]] std::vector<layout_line> lay_out(const flow::definition& flow);

}  // namespace pawl::cli
