#include "cli/layered_layout.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "cli/layering.hpp"

namespace pawl::cli {
namespace {

constexpr double drawing_margin = 8;
constexpr double layer_gap = 22;  ///< a node and the next one are two layers apart

/// Where the line from the centre of a node to `to` leaves it.
drawn_point border_of(const drawn_point& centre, const drawn_point& to) {
  const double dx = to.x - centre.x, dy = to.y - centre.y;
  if (dx == 0 && dy == 0) return centre;
  const double across = std::abs(dx) / (drawn_node_width / 2);
  const double along = std::abs(dy) / (drawn_node_height / 2);
  const double scale = 1 / std::max(across, along);
  return {centre.x + dx * scale, centre.y + dy * scale};
}

}  // namespace

layered_layout layering::take() const {
  layered_layout made;
  double left = 0, right = 0;
  for (const auto& each : vertices_) {
    left = std::min(left, each.x - each.width / 2);
    right = std::max(right, each.x + each.width / 2);
  }
  std::vector<double> y(layers_.size());
  double top = drawing_margin;
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    double height = 0;
    for (const std::size_t v : layers_[layer]) height = std::max(height, vertices_[v].height);
    y[layer] = top + height / 2;
    top += height + layer_gap;
  }
  const auto centre = [&](std::size_t v) {
    return drawn_point{vertices_[v].x - left + drawing_margin, y[vertices_[v].layer]};
  };
  made.width = right - left + 2 * drawing_margin;
  made.height = layers_.empty() ? 2 * drawing_margin : top - layer_gap + drawing_margin;
  for (std::size_t v = 0; v < node_count_; ++v) made.nodes.push_back(centre(v));
  for (std::size_t e = 0; e < edges_.size(); ++e) {
    layered_layout::path path;
    const drawn_point from = centre(upper(e)), to = centre(lower(e));
    if (is_loop(e)) {
      const double side = from.x + drawn_node_width / 2, out = side + drawn_node_gap / 2;
      path.points = {
          {side, from.y - 12}, {out, from.y - 12}, {out, from.y + 12}, {side, from.y + 12}};
      if (edges_[e].label_width > 0)
        path.label = drawn_point{out + edges_[e].label_width / 2, from.y};
      made.width = std::max(made.width, out + edges_[e].label_width + drawing_margin);
    } else {
      const auto& bends = bends_[e];
      path.points.push_back(border_of(from, bends.empty() ? to : centre(bends.front())));
      for (const std::size_t bend : bends) {
        path.points.push_back(centre(bend));
        if (vertices_[bend].width > 0) path.label = centre(bend);
      }
      path.points.push_back(border_of(to, bends.empty() ? from : centre(bends.back())));
      if (is_reversed_[e]) std::reverse(path.points.begin(), path.points.end());
    }
    made.edges.push_back(std::move(path));
  }
  return made;
}

layered_layout lay_out_in_layers(std::size_t nodes, const std::vector<layered_edge>& edges) {
  return layering{nodes, edges}.take();
}

}  // namespace pawl::cli
