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

#include "flow/definition/flow_section.hpp"
#include "flow/definition/known_keys.hpp"
#include "flow/definition/raced_nodes.hpp"
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

/// The outgoing edges of a node.
struct edges_of_node {
  std::vector<node_index> targets;  ///< of all edges, `on_error` included
  std::vector<node_index> onward;   ///< the same without `each` and `body`
  std::size_t normal = 0;
  std::size_t plain = 0;
  std::size_t timeouts = 0;
  std::optional<node_index> each;  ///< of the edge into items or a body
  bool has_handler = false;        ///< an `on_error` or `on_timeout` edge
  bool has_plain = false;
  bool has_always = false;           ///< an edge with the literal rule `true`
  bool follows[2] = {false, false};  ///< has edges for the results false and true

  /// Whether a branch may end here because no edge is taken.
  [[nodiscard]] bool may_end() const {
    return normal == 0 || !(has_plain || has_always || (follows[0] && follows[1]));
  }
};

class graph_checker {
 public:
  graph_checker(const definition& flow, const limits& limits, std::vector<diagnostic>& diagnostics)
      : flow_(flow), limits_(limits), diagnostics_(diagnostics) {}

  void check() {
    check_name();
    check_sizes();
    check_nodes();
    check_edges();
    if (flow_.nodes.empty() || dangling_) return;  // the rest follows edges
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
    if (flow_.nodes.empty()) fail("/nodes", "no_entry", "the flow has no nodes");
    if (flow_.nodes.size() > limits_.max_nodes) {
      fail("/nodes", "too_many",
           "the flow has " + std::to_string(flow_.nodes.size()) + " nodes; the maximum is " +
               std::to_string(limits_.max_nodes) + " (flow.max_nodes)");
    }
    if (flow_.edges.size() > limits_.max_edges) {
      fail("/edges", "too_many",
           "the flow has " + std::to_string(flow_.edges.size()) + " edges; the maximum is " +
               std::to_string(limits_.max_edges) + " (flow.max_edges)");
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
             "duplicate node id " + pawl::quoted(node.id) + "; it is the id of the node at " +
                 flow_.nodes[first->second].pointer);
      }
      if (node.type.empty()) continue;  // the parser reports it
      const node_type* const type = find_node_type(node.type);
      if (type == nullptr) {
        fail(node.pointer + "/type", "unknown_node_type",
             "unknown node type " + pawl::quoted(node.type) + did_you_mean(node.type, type_names) +
                 " (known: " + list_of(type_names) + ")");
        continue;
      }
      warn_unknown_keys(*type, node.own_data ? *node.own_data : node.data, node.pointer + "/data");
    }
    for (const auto& [name, data] : flow_.defaults) {
      const std::string pointer = child_pointer("/defaults", name);
      if (const node_type* const type = find_node_type(name))
        warn_unknown_keys(*type, data, pointer);
      else
        fail(pointer, "unknown_node_type",
             "unknown node type " + pawl::quoted(name) + did_you_mean(name, type_names));
    }
    for (const auto& [id, index] : index_) ids_.push_back(id);
  }

  void check_node_id(const node_definition& node) {
    if (is_flow_section(node)) return;
    const bool printable = std::all_of(node.id.begin(), node.id.end(), [](char c) {
      return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != '/';
    });
    if (node.id.size() > max_name_bytes || !printable || is_dot_segment(node.id)) {
      fail(node.pointer + "/id", "bad_id",
           "a node id must have at most " + std::to_string(max_name_bytes) +
               " bytes, must not contain control characters or \"/\", and must not be \".\" or "
               "\"..\"");
    }
  }

  /// `data`: settings of nodes of the type, `at`: their pointer.
  void warn_unknown_keys(const node_type& type, const json& data, const std::string& at) {
    std::vector<std::string_view> known{type.keys.begin(), type.keys.end()};
    if (type.reads("code_ref"))
      known.insert(known.end(), code_ref_aliases.begin(), code_ref_aliases.end());
    known.insert(known.end(), common_node_keys().begin(), common_node_keys().end());
    for (const auto& [key, value] : data.items()) {
      if (std::find(known.begin(), known.end(), key) != known.end() || is_annotation(key)) continue;
      if (reported_unknown_ == max_unknown_keys) return;
      ++reported_unknown_;
      std::string meant = hint_for_key(key, known);
      if (const auto* const other = type_that_reads(key))
        meant = "; it is a key of " + std::string{other->name} + " nodes";
      warn(child_pointer(at, key), "unknown_key",
           "nodes of type " + std::string{type.name} + " do not read " + pawl::quoted(key) + meant);
    }
  }

  static const node_type* type_that_reads(std::string_view key) {
    if (is_code_ref_alias(key)) key = "code_ref";
    for (const auto* type : node_types())
      if (type->reads(key)) return type;
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
             pawl::quoted(edge.source) + " is of type " + flow_.nodes[*from].type +
                 ", which ends its branch: remove this edge");
      }
      check_kind(edge, type, edges_[*from]);
      if (type != nullptr && ((edge.each && type->has_items) || (edge.body && type->has_body)))
        edges_[*from].each = *to;
      if (edge.is_normal())
        note_edge(edge, type != nullptr && type->gives_condition, edges_[*from]);
      edges_[*from].targets.push_back(*to);
      if (!edge.leads_inside()) edges_[*from].onward.push_back(*to);
      if (edge.is_normal() && !edge.when && !plain.emplace(*from, *to).second) {
        warn(edge.pointer, "duplicate_edge",
             "duplicate plain edge from " + pawl::quoted(edge.source) + " to " +
                 pawl::quoted(edge.target) + "; two plain edges start two branches");
      }
    }
  }

  /// Checks that the type of a node supports an `on_error`, `on_timeout`, `each` or `body` edge.
  void check_kind(const edge_definition& edge, const node_type* type, edges_of_node& known) {
    if (type == nullptr) return;
    const std::string source =
        pawl::quoted(edge.source) + " is of type " + std::string{type->name} + ", which ";
    if (edge.on_error && !type->may_fail) {
      fail(edge.pointer + "/data/on_error", "never_taken",
           source + "cannot fail: remove this \"on_error\" edge");
    }
    if (!edge.on.empty() && !type->has_events) {
      fail(edge.pointer + "/data/on", "never_taken",
           source + "waits for no events: remove this \"on\" edge");
    }
    if (edge.on_timeout && !type->times_out) {
      fail(edge.pointer + "/data/on_timeout", "never_taken",
           source + "does not wait for anything: remove this \"on_timeout\" edge");
    }
    if (edge.on_error || edge.on_timeout) known.has_handler = true;
    if (edge.on_timeout && ++known.timeouts > 1) {
      fail(edge.pointer, "duplicate_edge",
           pawl::quoted(edge.source) + " has more than one \"on_timeout\" edge");
    }
    if (edge.each && !type->has_items) {
      fail(edge.pointer + "/data/each", "never_taken",
           source + "has no items: remove this \"each\" edge");
    }
    if (edge.body && !type->has_body) {
      fail(edge.pointer + "/data/body", "never_taken",
           source + "has no body: remove this \"body\" edge");
    }
    if (edge.leads_inside() && known.each) {
      fail(edge.pointer, "duplicate_edge",
           pawl::quoted(edge.source) + " has more than one " +
               (edge.each ? "\"each\" edge" : "\"body\" edge"));
    }
  }

  /// Checks that nodes have the edges that their type requires.
  void check_kinds() {
    for (node_index i = 0; i < edges_.size(); ++i) {
      const auto& node = flow_.nodes[i];
      const node_type* const type = find_node_type(node.type);
      if (type == nullptr) continue;
      if (type->has_items && !edges_[i].each) {
        fail(node.pointer, "missing_edge",
             pawl::quoted(node.id) + " of type " + node.type +
                 " needs an edge with \"each\": true to the nodes that run for each item");
      }
      if (type->has_body && !edges_[i].each) {
        fail(node.pointer, "missing_edge",
             pawl::quoted(node.id) + " of type " + node.type +
                 " needs an edge with \"body\": true to the first node of its body");
      }
      if (type->has_body && !edges_[i].has_handler && node.data.contains("compensate") &&
          node.data["compensate"] == "on_error") {
        fail(data_pointer(node, "compensate"), "never_taken",
             (is_flow_section(node) ? "the flow" : pawl::quoted(node.id)) +
                 " has no \"on_error\" and no \"on_timeout\" edge, so an error of its body "
                 "passes it: add one");
      }
      if (type->forks && edges_[i].plain < 2) {
        fail(node.pointer, "missing_edge",
             pawl::quoted(node.id) + " of type " + node.type +
                 " needs at least two plain edges, one for each branch");
      }
      if (type->times_out && edges_[i].timeouts > 0 && !node.data.contains("timeout") &&
          !node.data.contains("until")) {
        fail(node.pointer, "never_taken",
             pawl::quoted(node.id) + " has an \"on_timeout\" edge but no \"timeout\"");
      }
    }
  }

  /// Checks that the nodes of a map's items, or of a section's body, form a subgraph of their own:
  /// only the `each` or `body` edge enters it, and no edge leads back. An item and a body end where
  /// their branches end.
  void check_items(node_index map, node_index first) {
    const auto into_items = [&](node_index at, const auto& visit) {
      for (const node_index to : edges_[at].targets)
        if (to != map) visit(to);
    };
    const auto inside = first == map ? std::vector<bool>(edges_.size())
                                     : reached(edges_.size(), {first}, into_items);
    const bool is_section = find_node_type(flow_.nodes[map].type)->has_body;
    const std::string name = pawl::quoted(flow_.nodes[map].id);
    for (const auto& edge : flow_.edges) {
      const node_index from = index_.at(edge.source);
      const node_index to = index_.at(edge.target);
      if (inside[from] && to == map) {
        fail(edge.pointer, is_section ? "back_to_section" : "back_to_map",
             is_section ? "this edge leads from the body of the section " + name +
                              " back to the section: remove it; a body ends where its branches end"
                        : "this edge leads from an item of the map " + name +
                              " back to the map: remove it; an item ends where its branch ends");
      } else if (inside[to] && !inside[from] && !(from == map && edge.leads_inside())) {
        fail(edge.pointer, is_section ? "into_section" : "into_map",
             "this edge leads from " + pawl::quoted(edge.source) + " to " +
                 pawl::quoted(edge.target) +
                 (is_section
                      ? ", which can be reached in the body of the section " + name +
                            "; only the \"body\" edge may lead there, and the body ends where its "
                            "branches end"
                      : ", which runs for each item of the map " + name +
                            "; only the map may lead there"));
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
    if (meant.empty() && (id == "end" || id == "END" || id == "null"))
      meant = "; a branch ends at a node of type end, or at one whose \"next\" is null";
    fail(std::move(pointer), "dangling_edge", "no such node: " + pawl::quoted(id) + meant);
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
           pawl::quoted(flow_.nodes[i].id) + " cannot be reached from the entry " +
               pawl::quoted(flow_.nodes[entry_of(flow_)].id));
    }
  }

  /// A node has an exit if its branch can end there or an edge leads to a node with an exit, or if
  /// it is in the body of a section with a deadline, or on a branch that a join may drop. An `each`
  /// edge does not count: the end of an item does not end the map. Reports each loop without an
  /// exit once, with its path.
  void check_loops() {
    std::vector<node_index> timed;
    for (node_index i = 0; i < edges_.size(); ++i)
      if (edges_[i].each && has_deadline(flow_.nodes[i])) timed.push_back(*edges_[i].each);
    const auto is_timed =
        reached(edges_.size(), std::move(timed), [&](node_index at, const auto& visit) {
          for (const node_index to : edges_[at].targets) visit(to);
        });
    const auto is_raced = raced_nodes(flow_);  // `check_soundness` warns of these
    const auto has_exit = with_exit(
        edges_.size(),
        [&](node_index i) { return is_timed[i] || is_raced[i] || edges_[i].may_end(); },
        [&](node_index at, const auto& visit) {
          for (const node_index to : edges_[at].onward) visit(to);
        });
    std::vector<bool> visited(edges_.size());
    for (node_index i = 0; i < edges_.size(); ++i)
      if (!has_exit[i] && !visited[i]) report_loop(i, visited);
  }

  void report_loop(node_index from, std::vector<bool>& visited) {
    std::vector<node_index> path;
    node_index at = from;
    // Without an exit every edge leads to a node without one, so this walk ends in a repeat.
    for (; !visited[at]; at = edges_[at].onward.front()) {
      visited[at] = true;
      path.push_back(at);
    }
    const auto first = std::find(path.begin(), path.end(), at);
    if (first == path.end()) return;  // it leads into a loop that is reported already
    constexpr std::ptrdiff_t max_shown = 20;
    const auto last = path.end() - first > max_shown ? first + max_shown : path.end();
    std::string loop;
    for (auto n = first; n != last; ++n) loop += pawl::quoted(flow_.nodes[*n].id) + " -> ";
    if (last != path.end()) loop += "... -> ";
    fail(flow_.nodes[at].pointer, "endless_loop",
         "the loop " + loop + pawl::quoted(flow_.nodes[at].id) +
             " has no exit: give one of its edges a \"when\", or add an edge that leaves the loop");
  }

  const definition& flow_;
  const limits& limits_;
  std::vector<diagnostic>& diagnostics_;
  std::map<std::string_view, node_index> index_;
  std::vector<std::string_view> ids_;
  std::vector<edges_of_node> edges_;
  bool dangling_ = false;
  std::size_t reported_unknown_ = 0;
  /// Bounds the search for similar ids: enough for the typos of a real flow, too few for a hostile
  /// flow to cost time.
  std::size_t comparisons_left_ = 20'000;
};

}  // namespace

void check_graph(const definition& flow, const limits& limits,
                 std::vector<diagnostic>& diagnostics) {
  graph_checker{flow, limits, diagnostics}.check();
}

bool has_deadline(const node_definition& node) {
  const node_type* const type = find_node_type(node.type);
  const auto is_set = [&](const char* key) {
    const auto found = node.data.find(key);
    return found != node.data.end() && !found->is_null();
  };
  return type != nullptr && type->has_body && (is_set("timeout") || is_set("until"));
}

node_index entry_of(const definition& flow) {
  if (!flow.nodes.empty() && is_flow_section(flow.nodes.back()))
    return static_cast<node_index>(flow.nodes.size() - 1);
  const auto first = std::find_if(flow.nodes.begin(), flow.nodes.end(),
                                  [](const node_definition& n) { return n.type == "start"; });
  return first == flow.nodes.end() ? 0 : static_cast<node_index>(first - flow.nodes.begin());
}

error invalid_flow(const std::string& name, std::vector<diagnostic> diagnostics) {
  std::size_t errors = 0;
  const diagnostic* first = nullptr;
  for (const auto& d : diagnostics) {
    if (d.level != severity::error) continue;
    ++errors;
    if (first == nullptr) first = &d;
  }
  std::string message = "flow " + pawl::quoted(name) + " has " + std::to_string(errors) +
                        (errors == 1 ? " error" : " errors");
  if (first != nullptr) message += ": at " + pawl::quoted(first->pointer) + ": " + first->message;
  if (errors > 1) message += " (and " + std::to_string(errors - 1) + " more)";
  return {errc::invalid_flow, std::move(message), {}, std::move(diagnostics)};
}

}  // namespace pawl::flow
