#include "cli/view/layout.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "flow/definition/graph.hpp"

namespace pawl::cli {
namespace {

/// Maximum number of nodes of a tree; larger ones are hard to read and slow to compute.
constexpr std::size_t max_drawn_nodes = 400;

using node_set = std::vector<bool>;

class tree_layout {
 public:
  explicit tree_layout(const flow::definition& flow)
      : targets_(flow.nodes.size()), drawn_(flow.nodes.size()) {
    std::map<std::string_view, std::size_t> index;
    for (std::size_t i = 0; i < flow.nodes.size(); ++i) index.emplace(flow.nodes[i].id, i);
    for (const auto& edge : flow.edges) {
      const auto from = index.find(edge.source);
      const auto to = index.find(edge.target);
      if (from == index.end() || to == index.end()) continue;
      auto& next = targets_[from->second];
      if (std::find(next.begin(), next.end(), to->second) == next.end()) next.push_back(to->second);
    }
  }

  std::vector<layout_line> draw(std::size_t entry) {
    draw_from(entry, {}, node_set(drawn_.size()), false);
    return std::move(lines_);
  }

 private:
  /// Draws `node` and its successors, except those in `outside`, which are drawn at an outer level.
  void draw_from(std::size_t node, const std::vector<bool>& more, const node_set& outside,
                 bool head) {
    std::optional<std::size_t> next = node;
    while (next) {
      lines_.push_back({*next, more, std::exchange(head, false)});
      drawn_[*next] = true;
      const auto heads = open_targets(*next, outside);
      next.reset();
      if (heads.size() == 1) {
        next = heads.front();
      } else if (heads.size() > 1) {
        draw_branches(heads, more, outside);
      }
    }
  }

  void draw_branches(const std::vector<std::size_t>& heads, const std::vector<bool>& more,
                     const node_set& outside) {
    const node_set shared = reached_twice(heads, outside);
    node_set not_here = outside;
    for (std::size_t i = 0; i < shared.size(); ++i)
      if (shared[i]) not_here[i] = true;
    std::vector<std::size_t> branches;
    for (const auto head : heads)
      if (!shared[head]) branches.push_back(head);
    for (std::size_t i = 0; i < branches.size(); ++i) {
      if (drawn_[branches[i]]) continue;
      auto deeper = more;
      deeper.push_back(i + 1 < branches.size());
      draw_from(branches[i], deeper, not_here, true);
    }
    // Branches usually meet at one node; in irregular graphs at several.
    while (const auto join = first_open(shared)) draw_from(*join, more, outside, false);
  }

  [[nodiscard]] std::vector<std::size_t> open_targets(std::size_t node,
                                                      const node_set& outside) const {
    std::vector<std::size_t> open;
    for (const auto to : targets_[node])
      if (!drawn_[to] && !outside[to]) open.push_back(to);
    return open;
  }

  /// The nodes that more than one of the heads reaches.
  [[nodiscard]] node_set reached_twice(const std::vector<std::size_t>& heads,
                                       const node_set& outside) const {
    node_set once(drawn_.size()), twice(drawn_.size());
    for (const auto head : heads) {
      const node_set reached = reachable(head, outside);
      for (std::size_t i = 0; i < reached.size(); ++i) {
        if (!reached[i]) continue;
        if (once[i]) twice[i] = true;
        once[i] = true;
      }
    }
    return twice;
  }

  [[nodiscard]] node_set reachable(std::size_t from, const node_set& outside) const {
    node_set reached(drawn_.size());
    std::vector<std::size_t> open{from};
    reached[from] = true;
    while (!open.empty()) {
      const auto at = open.back();
      open.pop_back();
      for (const auto to : open_targets(at, outside)) {
        if (reached[to]) continue;
        reached[to] = true;
        open.push_back(to);
      }
    }
    return reached;
  }

  /// The first undrawn node of `among` that is a target of a drawn node.
  [[nodiscard]] std::optional<std::size_t> first_open(const node_set& among) const {
    for (const auto& line : lines_)
      for (const auto to : targets_[line.node])
        if (among[to] && !drawn_[to]) return to;
    return std::nullopt;
  }

  std::vector<std::vector<std::size_t>> targets_;
  node_set drawn_;
  std::vector<layout_line> lines_;
};

}  // namespace

std::vector<layout_line> lay_out(const flow::definition& flow) {
  if (flow.nodes.empty()) return {};
  if (flow.nodes.size() <= max_drawn_nodes) return tree_layout{flow}.draw(flow::entry_of(flow));
  std::vector<layout_line> list;
  for (std::size_t i = 0; i < flow.nodes.size(); ++i) list.push_back({i, {}, false});
  return list;
}

}  // namespace pawl::cli
