#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace pawl::cli {

/// A place in a drawing, in pixels from its upper left corner.
struct drawn_point {
  double x = 0;
  double y = 0;
};

/// An edge between two nodes of a drawing, which are given by index.
struct layered_edge {
  std::size_t source = 0;
  std::size_t target = 0;
  double label_width = 0;  ///< pixels; 0: it has no label
};

struct layered_layout {
  double width = 0;
  double height = 0;
  std::vector<drawn_point> nodes;  ///< centres
  struct path {
    std::vector<drawn_point> points;   ///< from the border of the source to that of the target
    std::optional<drawn_point> label;  ///< its centre
  };
  std::vector<path> edges;
};

// The sizes are those of the console (web/src/graph/layout.ts).
inline constexpr double drawn_node_width = 224;
inline constexpr double drawn_node_height = 68;

/// Places the nodes of a graph in layers from top to bottom, in the way of Sugiyama: cycles are
/// broken, each node is below those before it, edges cross seldom and are as straight as possible.
/// Node 0 comes first. The same graph always gives the same layout. Takes O(sweeps × size), with
/// long edges counted once per layer up to a limit, above which they are straight.
[[nodiscard]] layered_layout lay_out_in_layers(std::size_t nodes,
                                               const std::vector<layered_edge>& edges);

}  // namespace pawl::cli
