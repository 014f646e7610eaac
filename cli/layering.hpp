#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "cli/layered_layout.hpp"

namespace pawl::cli {

/// The least distance of nodes in a layer.
inline constexpr double drawn_node_gap = 36;

/// A node of the graph, or a bend of an edge that passes a layer.
struct layer_vertex {
  std::size_t layer = 0;
  double width = 0;
  double height = 0;
  bool is_bend = false;
  double x = 0;
  std::size_t place = 0;  ///< in its layer
};

struct layer_link {
  std::size_t to = 0;
  double weight = 1;  ///< how much it wants to be straight
};

/// Layers of a graph: its nodes, and its edges bend by bend. See `lay_out_in_layers`.
class layering {
 public:
  /// `edges` must outlive it.
  layering(std::size_t nodes, const std::vector<layered_edge>& edges);

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
  void sort_layer(std::size_t layer, const std::vector<std::vector<layer_link>>& by);
  [[nodiscard]] std::uint64_t crossings() const;
  void place();
  void place_layer(std::size_t layer, bool by_above, bool by_below);
  void straighten();
  [[nodiscard]] bool continues_chain(std::size_t v) const;
  [[nodiscard]] double room(std::size_t v) const;

  const std::vector<layered_edge>& edges_;
  const std::size_t node_count_;
  std::vector<bool> is_reversed_;
  std::vector<std::size_t> top_down_;            ///< the nodes, each after those above it
  std::vector<layer_vertex> vertices_;           ///< the nodes, then the bends
  std::vector<std::vector<std::size_t>> bends_;  ///< of each edge, from above
  std::vector<std::vector<layer_link>> above_, below_;
  std::vector<std::vector<std::size_t>> layers_;
};

}  // namespace pawl::cli
