#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flow/definition/compiled.hpp"

namespace pawl::flow {

/// The graph of a valid flow without the edges that no run can take. Refers to the definition and
/// the nodes, which must outlive it.
class live_graph {
 public:
  enum class kind { normal, error, event, timeout, each };

  struct live_edge {
    const compiled_edge* edge;
    kind of;
  };
  struct dead_edge {
    node_index from;
    const compiled_edge* edge;
    std::string reason;
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
  /// The live plain edges of a node. It forks if it has more than one.
  [[nodiscard]] std::vector<const compiled_edge*> plain(node_index from) const;
  /// Whether a branch may end at the node.
  [[nodiscard]] bool may_end(node_index i) const { return may_end_[i]; }

  /// Nodes that can be reached from a node, itself included, without passing `avoid`.
  [[nodiscard]] std::vector<bool> reached_from(node_index from,
                                               std::optional<node_index> avoid = {},
                                               bool into_items = true) const;
  /// A shortest path, both ends included; empty if there is none.
  [[nodiscard]] std::vector<node_index> path(node_index from, node_index to) const;
  /// Formats a path: `"start" -> "a" -> "b"`. Shortens a long one in the middle.
  [[nodiscard]] std::string format(const std::vector<node_index>& path) const;
  /// Formats the path from the entry to a node.
  [[nodiscard]] std::string path_to(node_index to) const { return format(path(entry_, to)); }

 private:
  void classify_edges(node_index from);

  const definition& flow_;
  const std::vector<compiled_node>& nodes_;
  node_index entry_;
  std::vector<std::vector<const edge_definition*>> written_;  ///< by source and order
  std::vector<std::vector<live_edge>> live_;
  std::vector<dead_edge> dead_;
  std::vector<bool> may_end_;
};

}  // namespace pawl::flow
