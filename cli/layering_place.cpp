#include <algorithm>
#include <limits>

#include "cli/layering.hpp"

namespace pawl::cli {
namespace {

constexpr double edge_gap = 18;
constexpr int place_sweeps = 16;

}  // namespace

/// Half of the width that a vertex needs in its layer.
double layering::room(std::size_t v) const {
  return vertices_[v].width / 2 + (vertices_[v].is_bend ? edge_gap : drawn_node_gap) / 2;
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
    const auto add = [&](const std::vector<layer_link>& to) {
      for (const layer_link& each : to) {
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

/// Whether a vertex has one link up, to a vertex that has one link down.
bool layering::continues_chain(std::size_t v) const {
  return above_[v].size() == 1 && below_[above_[v].front().to].size() == 1;
}

/// Puts the vertices of each chain below each other where their neighbours leave room for it.
void layering::straighten() {
  for (const auto& first_row : layers_) {
    for (const std::size_t first : first_row) {
      if (continues_chain(first)) continue;
      std::vector<std::size_t> chain{first};
      while (below_[chain.back()].size() == 1 && continues_chain(below_[chain.back()].front().to))
        chain.push_back(below_[chain.back()].front().to);
      double least = std::numeric_limits<double>::lowest();
      double most = std::numeric_limits<double>::max();
      double sum = 0;
      for (const std::size_t v : chain) {
        const auto& row = layers_[vertices_[v].layer];
        const std::size_t i = vertices_[v].place;
        if (i > 0) least = std::max(least, vertices_[row[i - 1]].x + room(row[i - 1]) + room(v));
        if (i + 1 < row.size())
          most = std::min(most, vertices_[row[i + 1]].x - room(row[i + 1]) - room(v));
        sum += vertices_[v].x;
      }
      if (least > most) continue;
      const double x = std::clamp(sum / static_cast<double>(chain.size()), least, most);
      for (const std::size_t v : chain) vertices_[v].x = x;
    }
  }
}

}  // namespace pawl::cli
