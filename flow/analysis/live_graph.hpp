#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flow/definition/compiled.hpp"

namespace pawl::flow {

/// The graph of a flow without errors as its runs can go through it: without the edges that are
/// never taken. Looks at the nodes and the definition that it was made of, which must outlive it.
class live_graph {
 public:
  enum class kind { normal, error, timeout, each };

  struct live_edge {
    const compiled_edge* edge;
    kind of;
  };
  struct dead_edge {
    node_index from;
    const compiled_edge* edge;
    std::string why;
  };

  live_graph(const definition& flow, const std::vector<compiled_node>& nodes, node_index entry);

  [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }
  [[nodiscard]] const compiled_node& at(node_index i) const { return nodes_[i]; }
  [[nodiscard]] const node_definition& source_of(node_index i) const { return flow_.nodes[i]; }
  [[nodiscard]] const edge_definition& source_of(node_index from, const compiled_edge& edge) const {
    return *written_[from][edge.order];
  }
  [[nodiscard]] node_index entry() const noexcept { return entry_; }
  [[nodiscard]] const std::vector<live_edge>& edges(node_index from) const { return live_[from]; }
  [[nodiscard]] const std::vector<dead_edge>& dead() const noexcept { return dead_; }
  /// The live edges that are all taken where the node forks; one at most where it does not.
  [[nodiscard]] std::vector<const compiled_edge*> plain(node_index from) const;
  /// Whether a branch may end at the node.
  [[nodiscard]] bool may_end(node_index i) const { return may_end_[i]; }

  /// What can be reached from a node, itself among it, without passing `around`.
  [[nodiscard]] std::vector<bool> reached_from(node_index from,
                                               std::optional<node_index> context = {},
                                               bool into_items = true) const;
  /// A shortest way, both ends among it; empty if there is none.
  [[nodiscard]] std::vector<node_index> way(node_index from, node_index to) const;
  /// A way as text: `"start" -> "a" -> "b"`.
  [[nodiscard]] std::string shown(const std::vector<node_index>& way) const;
  /// The way from the entry to a node, as text.
  [[nodiscard]] std::string way_to(node_index to) const { return shown(way(entry_, to)); }

 private:
  void sort_edges(node_index from);

  const definition& flow_;
  const std::vector<compiled_node>& nodes_;
  node_index entry_;
  std::vector<std::vector<const edge_definition*>> written_;  ///< by source and order
  std::vector<std::vector<live_edge>> live_;
  std::vector<dead_edge> dead_;
  std::vector<bool> may_end_;
};

}  // namespace pawl::flow
