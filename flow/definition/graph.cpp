#include "flow/definition/graph.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include <pawl/code_ref.hpp>
#include <pawl/ids.hpp>
#include <pawl/suggest.hpp>

#include "flow/definition/walk.hpp"
#include "flow/nodes/node.hpp"
#include "flow/values/pointer.hpp"

namespace pawl::flow {
namespace {

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  const auto meant = nearest(word, known);
  return meant ? "; did you mean " + pawl::quoted(*meant) + "?" : "";
}

std::string list_of(std::span<const std::string_view> words) {
  std::string all;
  for (const auto word : words) all += (all.empty() ? "" : ", ") + std::string{word};
  return all;
}

/// What a node's edges say about where its tokens go.
struct edges_of_node {
  std::vector<node_index> targets;  ///< of all edges, those taken on errors among them
  std::vector<node_index> onward;   ///< the same without those to what a map does with its items
  std::size_t normal = 0;
  std::size_t plain = 0;
  std::size_t timeouts = 0;
  std::optional<node_index> each;
  bool has_plain = false;
  bool has_always = false;           ///< an edge with the literal rule `true`
  bool follows[2] = {false, false};  ///< edges for a condition's results false and true

  /// Whether a token may end here, because no edge is taken.
  [[nodiscard]] bool may_end() const {
    return normal == 0 || !(has_plain || has_always || (follows[0] && follows[1]));
  }
};

class graph_checker {
 public:
  graph_checker(const definition& flow, const limits& allowed, std::vector<diagnostic>& diagnostics)
      : flow_(flow), allowed_(allowed), diagnostics_(diagnostics) {}

  void check() {
    check_name();
    check_sizes();
    check_nodes();
    check_edges();
    if (flow_.nodes.empty() || dangling_) return;  // paths through a broken graph mean nothing
    check_kinds();
    check_reachable();
    check_loops();
    for (node_index i = 0; i < edges_.size(); ++i)
      if (edges_[i].each) check_items(i, *edges_[i].each);
  }

 private:
  void fail(std::string pointer, std::string code, std::string message) {
    diagnostics_.push_back(
        {severity::error, std::move(pointer), std::move(code), std::move(message)});
  }
  void warn(std::string pointer, std::string code, std::string message) {
    diagnostics_.push_back(
        {severity::warning, std::move(pointer), std::move(code), std::move(message)});
  }

  void check_name() {
    if (const auto name = parse_flow_name(flow_.name); !name)
      fail("/name", "bad_name", name.error().message);
  }

  void check_sizes() {
    if (flow_.nodes.empty())
      fail("/nodes", "no_entry", "the flow has no nodes, so there is nowhere to begin");
    if (flow_.nodes.size() > allowed_.max_nodes) {
      fail("/nodes", "too_many",
           "the flow has " + std::to_string(flow_.nodes.size()) + " nodes; at most " +
               std::to_string(allowed_.max_nodes) + " are allowed (flow.max_nodes)");
    }
    if (flow_.edges.size() > allowed_.max_edges) {
      fail("/edges", "too_many",
           "the flow has " + std::to_string(flow_.edges.size()) + " edges; at most " +
               std::to_string(allowed_.max_edges) + " are allowed (flow.max_edges)");
    }
  }

  void check_nodes() {
    std::vector<std::string_view> type_names;
    for (const auto* type : node_types()) type_names.push_back(type->name);
    for (std::size_t i = 0; i < flow_.nodes.size(); ++i) {
      const auto& node = flow_.nodes[i];
      check_node_id(node);
      if (const auto [first, is_new] = index_.emplace(node.id, static_cast<node_index>(i));
          !is_new) {
        fail(node.pointer + "/id", "duplicate_id",
             "the id " + pawl::quoted(node.id) + " is already taken by the node at " +
                 flow_.nodes[first->second].pointer);
      }
      if (node.type.empty()) continue;  // the parser tells
      const node_type* const type = find_node_type(node.type);
      if (type == nullptr) {
        fail(node.pointer + "/type", "unknown_node_type",
             "there is no node type " + pawl::quoted(node.type) +
                 did_you_mean(node.type, type_names) + " (known: " + list_of(type_names) + ")");
        continue;
      }
      warn_unknown_keys(node, *type);
    }
    for (const auto& [id, index] : index_) ids_.push_back(id);
  }

  void check_node_id(const node_definition& node) {
    const bool printable = std::all_of(node.id.begin(), node.id.end(), [](char c) {
      return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != '/';
    });
    if (node.id.size() > max_id_bytes || !printable) {
      fail(node.pointer + "/id", "bad_id",
           "a node's id has at most " + std::to_string(max_id_bytes) +
               " bytes and neither control characters nor \"/\"");
    }
  }

  void warn_unknown_keys(const node_definition& node, const node_type& type) {
    std::vector<std::string_view> known{type.keys.begin(), type.keys.end()};
    known.insert(known.end(), common_node_keys().begin(), common_node_keys().end());
    for (const auto& [key, value] : node.data.items()) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      std::string meant = did_you_mean(key, known);
      if (const auto* const other = type_that_reads(key))
        meant = "; nodes of type " + std::string{other->name} + " do";
      if (meant.empty()) continue;  // editors keep their own things here
      warn(child_pointer(node.pointer + "/data", key), "unknown_key",
           "a node of type " + node.type + " does not read " + pawl::quoted(key) + meant);
    }
  }

  static const node_type* type_that_reads(std::string_view key) {
    for (const auto* type : node_types())
      if (std::find(type->keys.begin(), type->keys.end(), key) != type->keys.end()) return type;
    return nullptr;
  }

  void check_edges() {
    edges_.resize(flow_.nodes.size());
    std::set<std::pair<node_index, node_index>> plain;
    for (const auto& edge : flow_.edges) {
      const auto from = resolve(edge.source, edge.pointer + "/source");
      const auto to = resolve(edge.target, edge.pointer + "/target");
      if (!from || !to) continue;
      const node_type* const type = find_node_type(flow_.nodes[*from].type);
      if (type != nullptr && type->ends_branch) {
        fail(edge.pointer + "/source", "edge_from_end",
             "an edge leaves " + pawl::quoted(edge.source) + ", which is of type " +
                 flow_.nodes[*from].type + ": nothing comes after it");
      }
      check_kind(edge, type, edges_[*from]);
      if (edge.each && type != nullptr && type->has_items) edges_[*from].each = *to;
      if (edge.is_normal())
        note_edge(edge, type != nullptr && type->gives_condition, edges_[*from]);
      edges_[*from].targets.push_back(*to);
      if (!edge.each) edges_[*from].onward.push_back(*to);
      if (edge.is_normal() && !edge.when && !plain.emplace(*from, *to).second) {
        warn(edge.pointer, "duplicate_edge",
             "there is a plain edge from " + pawl::quoted(edge.source) + " to " +
                 pawl::quoted(edge.target) + " already; two of them make two branches");
      }
    }
  }

  /// Edges that are not taken when their node has done its work must fit its type.
  void check_kind(const edge_definition& edge, const node_type* type, edges_of_node& known) {
    if (type == nullptr) return;
    const std::string from =
        pawl::quoted(edge.source) + ", which is of type " + std::string{type->name};
    if (edge.on_error && !type->may_fail) {
      fail(edge.pointer + "/data/on_error", "never_taken",
           "an edge \"on_error\" leaves " + from + ": it does not fail");
    }
    if (edge.on_timeout && !type->times_out) {
      fail(edge.pointer + "/data/on_timeout", "never_taken",
           "an edge \"on_timeout\" leaves " + from + ": it does not wait for anything");
    }
    if (edge.on_timeout && ++known.timeouts > 1) {
      fail(edge.pointer, "duplicate_edge",
           pawl::quoted(edge.source) + " has an edge \"on_timeout\" already");
    }
    if (edge.each && !type->has_items) {
      fail(edge.pointer + "/data/each", "never_taken",
           "an edge \"each\" leaves " + from + ": it has no items");
    }
    if (edge.each && known.each) {
      fail(edge.pointer, "duplicate_edge",
           pawl::quoted(edge.source) + " has an edge \"each\" already");
    }
  }

  /// Nodes of some types need certain edges.
  void check_kinds() {
    for (node_index i = 0; i < edges_.size(); ++i) {
      const auto& node = flow_.nodes[i];
      const node_type* const type = find_node_type(node.type);
      if (type == nullptr) continue;
      if (type->has_items && !edges_[i].each) {
        fail(node.pointer, "missing_edge",
             pawl::quoted(node.id) + " of type " + node.type +
                 " needs an edge with \"each\": true to what is done with each item");
      }
      if (type->forks && edges_[i].plain < 2) {
        fail(node.pointer, "missing_edge",
             pawl::quoted(node.id) + " of type " + node.type +
                 " needs two plain edges at least, one for each branch");
      }
      if (type->times_out && edges_[i].timeouts > 0 && !node.data.contains("timeout")) {
        fail(node.pointer, "never_taken",
             pawl::quoted(node.id) + " has an edge \"on_timeout\", but no \"timeout\"");
      }
    }
  }

  /// What a map does with its items stands for itself: only the map leads into it, and it does not
  /// lead back to the map. An item ends where its branch ends.
  void check_items(node_index map, node_index first) {
    const auto into_items = [&](node_index at, const auto& visit) {
      for (const node_index to : edges_[at].targets)
        if (to != map) visit(to);
    };
    const auto inside = first == map ? std::vector<bool>(edges_.size())
                                     : reached(edges_.size(), {first}, into_items);
    for (const auto& edge : flow_.edges) {
      const node_index from = index_.at(edge.source);
      const node_index to = index_.at(edge.target);
      if (inside[from] && to == map) {
        fail(edge.pointer, "back_to_map",
             "an edge leads from an item of the map " + pawl::quoted(flow_.nodes[map].id) +
                 " back to it; leave it out: an item ends where its branch ends");
      } else if (inside[to] && !inside[from] && !(from == map && edge.each)) {
        fail(edge.pointer, "into_map",
             "an edge leads from " + pawl::quoted(edge.source) + " to " +
                 pawl::quoted(edge.target) + ", which belongs to what the map " +
                 pawl::quoted(flow_.nodes[map].id) + " does with each item");
      }
    }
  }

  static void note_edge(const edge_definition& edge, bool from_condition, edges_of_node& known) {
    ++known.normal;
    if (!edge.when) {
      ++known.plain;
      known.has_plain = true;
    } else if (edge.when->is_boolean() && from_condition) {
      known.follows[edge.when->get<bool>() ? 1 : 0] = true;
    } else if (*edge.when == true) {
      known.has_always = true;
    }
  }

  std::optional<node_index> resolve(const std::string& id, std::string pointer) {
    if (const auto found = index_.find(id); found != index_.end()) return found->second;
    dangling_ = true;
    std::string meant;
    if (comparisons_left_ >= ids_.size()) {
      comparisons_left_ -= ids_.size();
      meant = did_you_mean(id, ids_);
    }
    fail(std::move(pointer), "dangling_edge", "there is no node " + pawl::quoted(id) + meant);
    return std::nullopt;
  }

  void check_reachable() {
    const auto seen =
        reached(flow_.nodes.size(), {entry_of(flow_)}, [&](node_index at, const auto& visit) {
          for (const node_index to : edges_[at].targets) visit(to);
        });
    for (std::size_t i = 0; i < flow_.nodes.size(); ++i) {
      if (seen[i]) continue;
      fail(flow_.nodes[i].pointer, "unreachable_node",
           "no path leads from the entry " + pawl::quoted(flow_.nodes[entry_of(flow_)].id) +
               " to " + pawl::quoted(flow_.nodes[i].id));
    }
  }

  /// A node has a way out if its branch can end there or an edge leads to a node that has one; that
  /// the items of a map end does not let the map end. A loop in which no node has is told once,
  /// with a path round it.
  void check_loops() {
    const auto has_way_out = with_way_out(
        edges_.size(), [&](node_index i) { return edges_[i].may_end(); },
        [&](node_index at, const auto& visit) {
          for (const node_index to : edges_[at].onward) visit(to);
        });
    std::vector<bool> told(edges_.size());
    for (node_index i = 0; i < edges_.size(); ++i)
      if (!has_way_out[i] && !told[i]) tell_loop(i, told);
  }

  void tell_loop(node_index from, std::vector<bool>& told) {
    std::vector<node_index> path;
    node_index at = from;
    // Without a way out every edge leads to a node without one: walking on ends in a repeat.
    for (; !told[at]; at = edges_[at].onward.front()) {
      told[at] = true;
      path.push_back(at);
    }
    const auto first = std::find(path.begin(), path.end(), at);
    if (first == path.end()) return;  // it leads into a loop that was told before
    constexpr std::ptrdiff_t most_shown = 20;
    const auto last = path.end() - first > most_shown ? first + most_shown : path.end();
    std::string circle;
    for (auto n = first; n != last; ++n) circle += pawl::quoted(flow_.nodes[*n].id) + " -> ";
    if (last != path.end()) circle += "... -> ";
    fail(flow_.nodes[at].pointer, "endless_loop",
         "the loop " + circle + pawl::quoted(flow_.nodes[at].id) +
             " has no way out: give one of its edges a \"when\", or add an edge that leaves it");
  }

  const definition& flow_;
  const limits& allowed_;
  std::vector<diagnostic>& diagnostics_;
  std::map<std::string_view, node_index> index_;
  std::vector<std::string_view> ids_;
  std::vector<edges_of_node> edges_;
  bool dangling_ = false;
  /// With ids that might have been meant: so many that every honest slip gets its word, so few that
  /// a flow made of slips costs nothing.
  std::size_t comparisons_left_ = 20'000;
};

}  // namespace

void check_graph(const definition& flow, const limits& allowed,
                 std::vector<diagnostic>& diagnostics) {
  graph_checker{flow, allowed, diagnostics}.check();
}

node_index entry_of(const definition& flow) {
  const auto first = std::find_if(flow.nodes.begin(), flow.nodes.end(),
                                  [](const node_definition& n) { return n.type == "start"; });
  return first == flow.nodes.end() ? 0 : static_cast<node_index>(first - flow.nodes.begin());
}

error invalid_flow(const std::string& name, std::vector<diagnostic> diagnostics) {
  std::size_t errors = 0;
  const diagnostic* first = nullptr;
  for (const auto& f : diagnostics) {
    if (f.level != severity::error) continue;
    ++errors;
    if (first == nullptr) first = &f;
  }
  std::string message = "flow " + pawl::quoted(name) + " has " + std::to_string(errors) +
                        (errors == 1 ? " fault" : " faults");
  if (first != nullptr) message += ": at " + pawl::quoted(first->pointer) + ": " + first->message;
  if (errors > 1) message += " (and " + std::to_string(errors - 1) + " more)";
  return {errc::invalid_flow, std::move(message), {}, std::move(diagnostics)};
}

}  // namespace pawl::flow
