#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <string_view>

#include "cli/flow_drawing.hpp"
#include "cli/layered_layout.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

constexpr std::size_t max_svg_label = 28;
constexpr std::size_t max_svg_name = 26;
constexpr double character_width = 6.6;  ///< of a label
constexpr double label_padding = 14;
constexpr double corner = 10;

/// Tenths of a pixel are enough.
std::string svg_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  const std::string_view written = text;
  return std::string{written.ends_with(".0") ? written.substr(0, written.size() - 2) : written};
}

std::string svg_place(const drawn_point& at) {
  return svg_number(at.x) + "," + svg_number(at.y);
}

/// The place on the line from `from` to `to` that is at most `distance` away from `from`, and not
/// beyond the middle.
drawn_point towards(const drawn_point& from, const drawn_point& to, double distance) {
  const double length = std::hypot(to.x - from.x, to.y - from.y);
  if (length == 0) return from;
  const double part = std::min(distance, length / 2) / length;
  return {from.x + (to.x - from.x) * part, from.y + (to.y - from.y) * part};
}

/// The data of a path through the points, with round corners.
std::string rounded(const std::vector<drawn_point>& points) {
  std::string data = "M" + svg_place(points.front());
  for (std::size_t i = 1; i + 1 < points.size(); ++i) {
    data += " L" + svg_place(towards(points[i], points[i - 1], corner));
    data +=
        " Q" + svg_place(points[i]) + " " + svg_place(towards(points[i], points[i + 1], corner));
  }
  return data + " L" + svg_place(points.back());
}

constexpr std::string_view svg_style = R"(<style>
text { font: 13px sans-serif; fill: #1a1f29; text-anchor: middle; }
.type, .label { font-size: 11.5px; }
.type { fill: #566072; }
.name { font-weight: 600; }
.node { fill: #fff; stroke: #9aa3b2; stroke-width: 1.5; }
.label-box { fill: #fff; stroke: #d6dae2; }
.edge { fill: none; stroke: #7b8494; stroke-width: 1.5; marker-end: url(#arrow); }
#arrow path { fill: #7b8494; }
@media (prefers-color-scheme: dark) {
text { fill: #e7eaf0; } .type { fill: #a4adbd; } .node { fill: #1b2029; stroke: #5b6575; }
.label-box { fill: #1b2029; stroke: #363d4a; } .edge { stroke: #8d97a8; } #arrow path { fill: #8d97a8; }
}
</style>
<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0,0 L10,5 L0,10 z"/></marker></defs>
)";

std::string text_at(const drawn_point& at, std::string_view kind, std::string_view text) {
  return "<text class=\"" + std::string{kind} + "\" x=\"" + svg_number(at.x) + "\" y=\"" +
         svg_number(at.y) + "\">" + markup_text(text) + "</text>\n";
}

std::string box_at(const drawn_point& centre, double width, double height, std::string_view kind) {
  return "<rect class=\"" + std::string{kind} + "\" x=\"" + svg_number(centre.x - width / 2) +
         "\" y=\"" + svg_number(centre.y - height / 2) + "\" width=\"" + svg_number(width) +
         "\" height=\"" + svg_number(height) + "\" rx=\"" + (kind == "node" ? "8" : "4") + "\"/>\n";
}

}  // namespace

std::string svg_of(const flow::definition& of) {
  std::map<std::string_view, std::size_t> index;
  for (std::size_t i = 0; i < of.nodes.size(); ++i) index.emplace(of.nodes[i].id, i);
  std::vector<layered_edge> edges;
  std::vector<std::string> labels;
  for (const auto& each : of.edges) {
    labels.push_back(edge_label(each, max_svg_label));
    const auto columns = static_cast<double>(display_width(labels.back()));
    edges.push_back({index.at(each.source), index.at(each.target),
                     columns == 0 ? 0 : std::ceil(columns * character_width) + label_padding});
  }
  const layered_layout layout = lay_out_in_layers(of.nodes.size(), edges);
  const std::string width = svg_number(layout.width), height = svg_number(layout.height);
  std::string text = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + width + "\" height=\"" +
                     height + "\" viewBox=\"0 0 " + width + " " + height +
                     "\" role=\"img\">\n<title>" + markup_text(of.name) + "</title>\n";
  text += svg_style;
  for (std::size_t e = 0; e < edges.size(); ++e) {
    text += "<path class=\"edge\" d=\"" + rounded(layout.edges[e].points) + "\"/>\n";
  }
  for (std::size_t e = 0; e < edges.size(); ++e) {
    const auto& at = layout.edges[e].label;
    if (!at) continue;
    text += box_at(*at, edges[e].label_width, 18, "label-box");
    text += text_at({at->x, at->y + 4}, "label", labels[e]);
  }
  for (std::size_t i = 0; i < of.nodes.size(); ++i) {
    const auto& node = of.nodes[i];
    const drawn_point at = layout.nodes[i];
    text += "<g><title>" + markup_text(node.id) + "</title>\n";
    text += box_at(at, drawn_node_width, drawn_node_height, "node");
    text += text_at({at.x, at.y - 3}, "name", fit(node_name(node), max_svg_name, "…"));
    text += text_at({at.x, at.y + 15}, "type", node.type) + "</g>\n";
  }
  return text + "</svg>\n";
}

}  // namespace pawl::cli
