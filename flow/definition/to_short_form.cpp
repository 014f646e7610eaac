#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "flow/definition/flow_section.hpp"
#include "flow/definition/implied_edges.hpp"
#include "flow/definition/links.hpp"
#include "flow/definition/short_form.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

/// The order in which `grouped` puts edges that are not normal.
int rank_of(const edge_definition& edge) {
  return edge.leads_inside() ? 3 : edge.on_timeout ? 2 : edge.on_error ? 1 : 0;
}

json settings_of(const node_definition& node) {
  json written{{"id", node.id}, {"type", node.type}};
  const json& data = node.own_data ? *node.own_data : node.data;
  const node_type* const type = find_node_type(node.type);
  for (const auto& [key, value] : data.items()) {
    if (is_setting_key(key, type)) {
      written[key] = value;
    } else {
      written["data"][key] = value;
    }
  }
  return written;
}

using edge_list = std::vector<const edge_definition*>;

/// The edges of each node that are taken when it completes, and the others.
struct edges_by_node {
  std::vector<edge_list> normal;
  std::vector<edge_list> other;

  explicit edges_by_node(const definition& flow)
      : normal(flow.nodes.size()), other(flow.nodes.size()) {
    std::map<std::string_view, std::size_t> index;
    for (std::size_t i = 0; i < flow.nodes.size(); ++i) index.try_emplace(flow.nodes[i].id, i);
    for (const auto& edge : flow.edges)
      if (const auto from = index.find(edge.source); from != index.end())
        (edge.is_normal() ? normal : other)[from->second].push_back(&edge);
  }
};

/// Whether the edges of a node can be written as `then` and `else`.
bool is_case(const node_definition& node, const edge_list& edges) {
  const node_type* const type = find_node_type(node.type);
  if (type == nullptr || !type->gives_condition) return false;
  int count[2] = {0, 0};
  for (const auto* const edge : edges) {
    if (!edge->when || !edge->when->is_boolean()) return false;
    ++count[edge->when->get<bool>() ? 1 : 0];
  }
  return !edges.empty() && count[0] <= 1 && count[1] <= 1;
}

class short_writer {
 public:
  explicit short_writer(const definition& flow) : flow_(flow), edges_(flow) {
    size_ = flow.nodes.size();
    if (size_ > 0 && is_flow_section(flow.nodes.back())) --size_;
  }

  json write() {
    while (true) {
      json written = attempt();
      // An edge whose omission causes a diagnostic is written.
      std::vector<diagnostic> diagnostics;
      static_cast<void>(
          expand_short_form(written, {.max_nodes = ~0u, .max_edges = ~0u}, diagnostics));
      const std::size_t before = explicit_.size();
      for (const auto& d : diagnostics)
        if (d.code == "implied_edge")
          explicit_.insert(std::stoul(d.pointer.substr(std::string_view{"/nodes/"}.size())));
      if (explicit_.size() == before) return written;
    }
  }

 private:
  json attempt() const {
    json nodes = json::array();
    for (std::size_t i = 0; i < size_; ++i) {
      json node = settings_of(flow_.nodes[i]);
      write_normal(i, node);
      write_other(i, node);
      nodes.push_back(std::move(node));
    }
    json written{{"name", flow_.name}, {"nodes", std::move(nodes)}};
    if (flow_.input_schema) written["input_schema"] = *flow_.input_schema;
    if (flow_.output) written["output"] = *flow_.output;
    if (flow_.attributes) written["attributes"] = *flow_.attributes;
    if (flow_.history) written["history"] = history_text(*flow_.history);
    if (!flow_.defaults.empty()) written["defaults"] = flow_.defaults;
    if (flow_.vars) written["vars"] = *flow_.vars;
    if (flow_.definitions) written["definitions"] = *flow_.definitions;
    if (!flow_.description.empty()) written["description"] = flow_.description;
    write_flow_section(flow_, written);
    return written;
  }

  /// Where an edge that is not written leads: the next node of the list, or null.
  json implied_target(std::size_t i) const {
    return i + 1 < size_ ? json(flow_.nodes[i + 1].id) : json();
  }

  void write_normal(std::size_t i, json& node) const {
    const auto& edges = edges_.normal[i];
    const node_type* const type = find_node_type(flow_.nodes[i].type);
    if (edges.empty() && type != nullptr && type->ends_branch) return;
    const bool may_omit = !explicit_.contains(i);
    const bool has_events = std::any_of(edges_.other[i].begin(), edges_.other[i].end(),
                                        [](const auto* edge) { return !edge->on.empty(); });
    const json implied = has_events ? json() : implied_target(i);
    if (is_case(flow_.nodes[i], edges)) return write_case(edges, implied, may_omit, node);
    const bool is_plain =
        std::all_of(edges.begin(), edges.end(), [](const auto* edge) { return !edge->when; });
    json next = json::array();
    for (const auto* const edge : edges) {
      if (is_plain) {
        next.push_back(edge->target);
      } else {
        next.push_back({{"to", edge->target}});
        if (edge->when) next.back()["when"] = *edge->when;
      }
    }
    if (next.empty()) next = nullptr;
    if (is_plain && next.size() == 1) next = json(next[0]);
    if (!may_omit || next != implied) node["next"] = std::move(next);
  }

  static void write_case(const edge_list& edges, const json& implied, bool may_omit, json& node) {
    json target[2] = {nullptr, nullptr};
    for (const auto* const edge : edges) target[edge->when->get<bool>() ? 1 : 0] = edge->target;
    const bool omits_then = may_omit && target[1] == implied;
    const bool omits_else = may_omit && !omits_then && target[0] == implied;
    if (!omits_then) node["then"] = target[1];
    if (!omits_else) node["else"] = target[0];
  }

  void write_other(std::size_t i, json& node) const {
    std::vector<json> handlers;
    for (const auto* const edge : edges_.other[i]) {
      if (edge->on_error) handlers.push_back(handler_of(*edge));
      if (!edge->on.empty()) node["on"][edge->on] = edge->target;
      if (edge->on_timeout) node["on_timeout"] = edge->target;
      if (edge->each) node["each"] = edge->target;
      if (edge->body) node["body"] = edge->target;
    }
    if (!handlers.empty()) node["on_error"] = handlers_of(std::move(handlers));
  }

  const definition& flow_;
  edges_by_node edges_;
  std::size_t size_ = 0;            ///< number of nodes, without the section around the flow
  std::set<std::size_t> explicit_;  ///< nodes whose normal edges are all written
};

using names = std::vector<std::string_view>;

/// Copies the members of an object: those named in `first`, the rest, those named in `last`.
nlohmann::ordered_json ordered_members(const json& object, const names& first, const names& last) {
  nlohmann::ordered_json made = nlohmann::ordered_json::object();
  const auto has = [](const names& list, std::string_view key) {
    return std::find(list.begin(), list.end(), key) != list.end();
  };
  const auto copy = [&](std::string_view key) {
    if (const auto found = object.find(std::string{key}); found != object.end())
      made[found.key()] = *found;
  };
  for (const std::string_view key : first) copy(key);
  for (const auto& [key, value] : object.items())
    if (!has(first, key) && !has(last, key)) made[key] = value;
  for (const std::string_view key : last) copy(key);
  return made;
}

nlohmann::ordered_json ordered_node(const json& node) {
  names first{"id", "type", "label", "description"};
  names last{"data"};
  last.insert(last.end(), link_keys.begin(), link_keys.end());
  if (const auto type = node.find("type"); type != node.end() && type->is_string())
    if (const auto* const known = find_node_type(type->get<std::string>()))
      first.insert(first.end(), known->keys.begin(), known->keys.end());
  return ordered_members(node, first, last);
}

nlohmann::ordered_json ordered_item(const json& item) {
  if (!item.is_object()) return item;
  return ordered_members(item, {"id", "source", "target", "when", "on"}, {"to", "into", "data"});
}

}  // namespace

json to_short_form(const definition& flow) {
  return short_writer{flow}.write();
}

definition grouped(definition flow) {
  edges_by_node edges{flow};
  std::vector<edge_definition> sorted;
  for (std::size_t i = 0; i < flow.nodes.size(); ++i) {
    auto& normal = edges.normal[i];
    if (is_case(flow.nodes[i], normal) && normal.front()->when == false)
      std::reverse(normal.begin(), normal.end());
    auto& other = edges.other[i];
    std::stable_sort(other.begin(), other.end(), [](const auto* a, const auto* b) {
      return std::pair{rank_of(*a), a->on} < std::pair{rank_of(*b), b->on};
    });
    for (const auto& list : {normal, other})
      for (const auto* const edge : list) sorted.push_back(*edge);
  }
  flow.edges = std::move(sorted);
  return flow;
}

bool means_the_same(const json& stored, const definition& other) {
  if (stored == to_json(other)) return true;
  std::vector<diagnostic> diagnostics;  // stored definitions are valid
  return to_json(grouped(parse_definition(stored, diagnostics))) == to_json(grouped(other));
}

nlohmann::ordered_json in_reading_order(const json& definition) {
  if (!definition.is_object()) return definition;
  auto made = ordered_members(definition,
                              {"name", "description", "version", "history", "input_schema",
                               "attributes", "vars", "definitions", "defaults"},
                              {"nodes", "edges", "output"});
  if (!made.contains("nodes") || !made["nodes"].is_array()) return made;
  for (auto& node : made["nodes"]) {
    if (!node.is_object()) continue;
    node = ordered_node(json(node));
    for (const char* const links : {"next", "on_error"})
      if (node.contains(links) && node[links].is_array())
        for (auto& item : node[links]) item = ordered_item(json(item));
  }
  if (made.contains("edges") && made["edges"].is_array())
    for (auto& edge : made["edges"]) edge = ordered_item(json(edge));
  return made;
}

}  // namespace pawl::flow
