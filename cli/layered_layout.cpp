#include "cli/layered_layout.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>

namespace pawl::cli {
namespace {

constexpr double drawing_margin = 8;
constexpr double node_gap = 36;
constexpr double edge_gap = 18;
constexpr double layer_gap = 22;  ///< a node and the next one are two layers apart
constexpr double label_height = 20;
constexpr std::size_t max_bends = 100'000;
constexpr int order_sweeps = 12;
constexpr int place_sweeps = 16;

/// A node of the graph, or a bend of an edge that passes a layer.
struct vertex {
  std::size_t layer = 0;
  double width = 0;
  double height = 0;
  bool is_bend = false;
  double x = 0;
  std::size_t place = 0;  ///< in its layer
};

struct link {
  std::size_t to = 0;
  double weight = 1;  ///< how much it wants to be straight
};

class layering {
 public:
  layering(std::size_t nodes, const std::vector<layered_edge>& edges)
      : edges_(edges), node_count_(nodes), is_reversed_(edges.size()), bends_(edges.size()) {
    vertices_.assign(nodes, {0, drawn_node_width, drawn_node_height});
    break_cycles();
    assign_layers();
    add_bends();
    order();
    place();
  }

  [[nodiscard]] layered_layout take() const;

 private:
  [[nodiscard]] bool is_loop(std::size_t e) const { return edges_[e].source == edges_[e].target; }
  [[nodiscard]] std::size_t upper(std::size_t e) const {
    return is_reversed_[e] ? edges_[e].target : edges_[e].source;
  }
  [[nodiscard]] std::size_t lower(std::size_t e) const {
    return is_reversed_[e] ? edges_[e].source : edges_[e].target;
  }

  void break_cycles();
  void assign_layers();
  void add_bends();
  void connect(std::size_t above, std::size_t below);
  void order();
  void sort_layer(std::size_t layer, const std::vector<std::vector<link>>& by);
  [[nodiscard]] std::uint64_t crossings() const;
  void place();
  void place_layer(std::size_t layer, bool by_above, bool by_below);
  [[nodiscard]] double room(std::size_t v) const {
    return vertices_[v].width / 2 + (vertices_[v].is_bend ? edge_gap : node_gap) / 2;
  }

  const std::vector<layered_edge>& edges_;
  const std::size_t node_count_;
  std::vector<bool> is_reversed_;
  std::vector<std::size_t> top_down_;            ///< the nodes, each after those above it
  std::vector<vertex> vertices_;                 ///< the nodes, then the bends
  std::vector<std::vector<std::size_t>> bends_;  ///< of each edge, from above
  std::vector<std::vector<link>> above_, below_;
  std::vector<std::vector<std::size_t>> layers_;
};

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

/// Sorts a layer by the mean place of the neighbours. Vertices without any keep their places.
void layering::sort_layer(std::size_t layer, const std::vector<std::vector<link>>& by) {
  auto& row = layers_[layer];
  std::vector<std::pair<double, std::size_t>> sorted;
  for (const std::size_t v : row) {
    double sum = 0;
    for (const link& each : by[v]) sum += static_cast<double>(vertices_[each.to].place);
    const auto count = static_cast<double>(by[v].size());
    sorted.emplace_back(by[v].empty() ? static_cast<double>(vertices_[v].place) : sum / count, v);
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 0; i < row.size(); ++i) {
    row[i] = sorted[i].second;
    vertices_[row[i]].place = i;
  }
}

/// Counts the pairs of links between neighbouring layers that cross.
std::uint64_t layering::crossings() const {
  std::uint64_t count = 0;
  for (std::size_t layer = 1; layer < layers_.size(); ++layer) {
    std::vector<std::uint32_t> passed(layers_[layer].size() + 1);  // a Fenwick tree of places
    std::uint64_t all = 0;
    for (const std::size_t v : layers_[layer - 1]) {
      std::vector<std::size_t> places;
      for (const link& each : below_[v]) places.push_back(vertices_[each.to].place);
      for (const std::size_t place : places) {
        std::uint64_t before = 0;
        for (std::size_t i = place + 1; i > 0; i -= i & (~i + 1)) before += passed[i];
        count += all - before;
      }
      for (const std::size_t place : places) {
        for (std::size_t i = place + 1; i < passed.size(); i += i & (~i + 1)) ++passed[i];
        ++all;
      }
    }
  }
  return count;
}

void layering::order() {
  // Bends begin beside the node that their edge comes from.
  std::vector<std::size_t> first(vertices_.size());
  for (std::size_t i = 0; i < top_down_.size(); ++i) first[top_down_[i]] = i;
  for (std::size_t e = 0; e < edges_.size(); ++e)
    for (const std::size_t bend : bends_[e]) first[bend] = first[upper(e)];
  std::vector<std::size_t> all(vertices_.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  std::stable_sort(all.begin(), all.end(),
                   [&](std::size_t a, std::size_t b) { return first[a] < first[b]; });
  for (const std::size_t v : all) {
    auto& row = layers_[vertices_[v].layer];
    vertices_[v].place = row.size();
    row.push_back(v);
  }
  auto best = layers_;
  std::uint64_t fewest = crossings();
  for (int sweep = 0; sweep < order_sweeps && fewest > 0; ++sweep) {
    if (sweep % 2 == 0)
      for (std::size_t layer = 1; layer < layers_.size(); ++layer) sort_layer(layer, above_);
    else
      for (std::size_t layer = layers_.size(); layer-- > 0;) sort_layer(layer, below_);
    if (const std::uint64_t now = crossings(); now < fewest) {
      fewest = now;
      best = layers_;
    }
  }
  layers_ = std::move(best);
}

/// Moves the vertices of a layer as near as possible to the mean of their neighbours, in the sense
/// of least squares, without changing their order or their distances (pool adjacent violators).
void layering::place_layer(std::size_t layer, bool by_above, bool by_below) {
  struct block {
    double sum = 0;
    double weight = 0;
    std::size_t size = 0;
    [[nodiscard]] double mean() const { return sum / weight; }
  };
  const auto& row = layers_[layer];
  std::vector<double> offsets(row.size());
  std::vector<block> blocks;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i > 0) offsets[i] = offsets[i - 1] + room(row[i - 1]) + room(row[i]);
    // What has no neighbour stays where it is, but gives way.
    double weight = 0.01, sum = weight * vertices_[row[i]].x;
    const auto add = [&](const std::vector<link>& to) {
      for (const link& each : to) {
        sum += each.weight * vertices_[each.to].x;
        weight += each.weight;
      }
    };
    if (by_above) add(above_[row[i]]);
    if (by_below) add(below_[row[i]]);
    blocks.push_back({sum - weight * offsets[i], weight, 1});
    while (blocks.size() > 1 && blocks[blocks.size() - 2].mean() > blocks.back().mean()) {
      const block last = blocks.back();
      blocks.pop_back();
      blocks.back().sum += last.sum;
      blocks.back().weight += last.weight;
      blocks.back().size += last.size;
    }
  }
  std::size_t i = 0;
  for (const block& each : blocks)
    for (const std::size_t end = i + each.size; i < end; ++i)
      vertices_[row[i]].x = each.mean() + offsets[i];
}

void layering::place() {
  for (const auto& row : layers_) {
    double x = 0;
    for (const std::size_t v : row) {
      x += room(v);
      vertices_[v].x = x;
      x += room(v);
    }
  }
  for (int sweep = 0; sweep < place_sweeps; ++sweep) {
    const bool is_last = sweep + 2 >= place_sweeps;
    if (sweep % 2 == 0)
      for (std::size_t layer = 0; layer < layers_.size(); ++layer)
        place_layer(layer, true, is_last);
    else
      for (std::size_t layer = layers_.size(); layer-- > 0;) place_layer(layer, is_last, true);
  }
}

/// Where the line from the centre of a node to `to` leaves it.
drawn_point border_of(const drawn_point& centre, const drawn_point& to) {
  const double dx = to.x - centre.x, dy = to.y - centre.y;
  if (dx == 0 && dy == 0) return centre;
  const double across = std::abs(dx) / (drawn_node_width / 2);
  const double along = std::abs(dy) / (drawn_node_height / 2);
  const double scale = 1 / std::max(across, along);
  return {centre.x + dx * scale, centre.y + dy * scale};
}

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
      const double side = from.x + drawn_node_width / 2, out = side + node_gap / 2;
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

}  // namespace

layered_layout lay_out_in_layers(std::size_t nodes, const std::vector<layered_edge>& edges) {
  return layering{nodes, edges}.take();
}

}  // namespace pawl::cli
