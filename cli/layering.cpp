#include "cli/layering.hpp"

#include <algorithm>

namespace pawl::cli {
namespace {

constexpr double label_height = 20;
constexpr std::size_t max_bends = 100'000;

}  // namespace

layering::layering(std::size_t nodes, const std::vector<layered_edge>& edges)
    : edges_(edges), node_count_(nodes), is_reversed_(edges.size()), bends_(edges.size()) {
  vertices_.assign(nodes, {0, drawn_node_width, drawn_node_height});
  break_cycles();
  assign_layers();
  add_bends();
  order();
  place();
  straighten();
}

/// Reverses the edges that lead back to a node on the way from the first one.
void layering::break_cycles() {
  std::vector<std::vector<std::size_t>> out(node_count_);
  for (std::size_t e = 0; e < edges_.size(); ++e) out[edges_[e].source].push_back(e);
  enum class mark : std::uint8_t { unseen, on_way, left };
  std::vector<mark> marks(node_count_, mark::unseen);
  std::vector<std::pair<std::size_t, std::size_t>> way;  // a node, and its next edge
  for (std::size_t root = 0; root < node_count_; ++root) {
    if (marks[root] != mark::unseen) continue;
    marks[root] = mark::on_way;
    way.emplace_back(root, 0);
    while (!way.empty()) {
      auto& [node, next] = way.back();
      if (next == out[node].size()) {
        marks[node] = mark::left;
        top_down_.push_back(node);
        way.pop_back();
        continue;
      }
      const std::size_t e = out[node][next++];
      const std::size_t target = edges_[e].target;
      if (marks[target] == mark::on_way) is_reversed_[e] = true;
      if (marks[target] != mark::unseen) continue;
      marks[target] = mark::on_way;
      way.emplace_back(target, 0);
    }
  }
  std::reverse(top_down_.begin(), top_down_.end());
}

/// Each node goes two layers below the lowest one above it; a node with more edges down than up
/// then moves down, which shortens them.
void layering::assign_layers() {
  std::vector<std::vector<std::size_t>> down(node_count_), up(node_count_);
  for (std::size_t e = 0; e < edges_.size(); ++e) {
    if (is_loop(e)) continue;
    down[upper(e)].push_back(lower(e));
    up[lower(e)].push_back(upper(e));
  }
  for (const std::size_t node : top_down_)
    for (const std::size_t below : down[node])
      vertices_[below].layer = std::max(vertices_[below].layer, vertices_[node].layer + 2);
  for (auto node = top_down_.rbegin(); node != top_down_.rend(); ++node) {
    if (*node == 0 || down[*node].size() <= up[*node].size()) continue;
    std::size_t highest = SIZE_MAX;
    for (const std::size_t below : down[*node]) highest = std::min(highest, vertices_[below].layer);
    vertices_[*node].layer = highest - 2;
  }
}

void layering::connect(std::size_t above, std::size_t below) {
  const int bends = (vertices_[above].is_bend ? 1 : 0) + (vertices_[below].is_bend ? 1 : 0);
  const double weight = bends == 2 ? 8 : bends == 1 ? 2 : 1;
  below_[above].push_back({below, weight});
  above_[below].push_back({above, weight});
}

void layering::add_bends() {
  above_.resize(node_count_);
  below_.resize(node_count_);
  for (std::size_t e = 0; e < edges_.size(); ++e) {
    if (is_loop(e)) continue;
    const std::size_t first = vertices_[upper(e)].layer + 1;
    const std::size_t end = vertices_[lower(e)].layer;
    if (vertices_.size() - node_count_ + (end - first) > max_bends) continue;
    // Labels are between the layers of nodes.
    const std::size_t middle = first + (end - first) / 4 * 2;
    std::size_t before = upper(e);
    for (std::size_t layer = first; layer < end; ++layer) {
      const bool has_label = layer == middle && edges_[e].label_width > 0;
      vertices_.push_back(
          {layer, has_label ? edges_[e].label_width : 0, has_label ? label_height : 0, true});
      above_.emplace_back();
      below_.emplace_back();
      const std::size_t bend = vertices_.size() - 1;
      bends_[e].push_back(bend);
      connect(before, bend);
      before = bend;
    }
    connect(before, lower(e));
  }
  std::size_t last = 0;
  for (const auto& each : vertices_) last = std::max(last, each.layer);
  layers_.resize(node_count_ == 0 ? 0 : last + 1);
}

}  // namespace pawl::cli
