#include <algorithm>
#include <utility>

#include "cli/layering.hpp"

namespace pawl::cli {
namespace {

constexpr int order_sweeps = 12;

}  // namespace

/// Sorts a layer by the mean place of the neighbours. Vertices without any keep their places.
void layering::sort_layer(std::size_t layer, const std::vector<std::vector<layer_link>>& by) {
  auto& row = layers_[layer];
  std::vector<std::pair<double, std::size_t>> sorted;
  for (const std::size_t v : row) {
    double sum = 0;
    for (const layer_link& each : by[v]) sum += static_cast<double>(vertices_[each.to].place);
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
      for (const layer_link& each : below_[v]) places.push_back(vertices_[each.to].place);
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

/// Orders the layers from left to right. First depth first, as the console does (dagre), so that
/// what is listed first stands on the left; then for few crossings.
void layering::order() {
  std::vector<std::size_t> next(vertices_.size());
  for (std::size_t v = 0; v < next.size(); ++v) next[v] = next.size() - 1 - v;
  std::stable_sort(next.begin(), next.end(), [&](std::size_t a, std::size_t b) {
    return vertices_[a].layer > vertices_[b].layer;
  });
  std::vector<bool> seen(vertices_.size());
  while (!next.empty()) {
    const std::size_t v = next.back();
    next.pop_back();
    if (seen[v]) continue;
    seen[v] = true;
    auto& row = layers_[vertices_[v].layer];
    vertices_[v].place = row.size();
    row.push_back(v);
    for (auto link = below_[v].rbegin(); link != below_[v].rend(); ++link) next.push_back(link->to);
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
  for (const auto& row : layers_)
    for (std::size_t i = 0; i < row.size(); ++i) vertices_[row[i]].place = i;
}

}  // namespace pawl::cli
