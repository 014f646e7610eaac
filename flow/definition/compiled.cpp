#include "flow/definition/compiled.hpp"

#include <algorithm>
#include <unordered_map>

#include <pawl/code_ref.hpp>

#include "flow/analysis/soundness.hpp"
#include "flow/definition/graph.hpp"
#include "flow/definition/joins.hpp"
#include "flow/definition/walk.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

constexpr std::uint32_t most_visits = 1'000'000;

/// Makes nodes and edges; diagnostics of their parts go to `diagnostics`. With diagnostics the flow
/// is not whole.
std::vector<compiled_node> compile_nodes(const definition& flow, const limits& allowed,
                                         std::vector<diagnostic>& diagnostics) {
  std::vector<compiled_node> nodes(flow.nodes.size());
  for (std::size_t i = 0; i < flow.nodes.size(); ++i) {
    const auto& source = flow.nodes[i];
    const node_type* const type = find_node_type(source.type);
    if (type == nullptr) continue;  // `check_graph` tells
    const data_reader data{source, allowed, diagnostics};
    nodes[i].id = source.id;
    nodes[i].type = source.type;
    nodes[i].max_visits = data.count("max_visits", 1, most_visits).value_or(allowed.max_visits);
    nodes[i].behaviour = type->make(data);
  }
  return nodes;
}

/// Faults of a rule are told at the place where its author wrote it.
logic::rule compile_when(const edge_definition& edge, std::vector<diagnostic>& diagnostics) {
  const std::size_t first_new = diagnostics.size();
  auto rule = logic::compile(*edge.when, edge.when_pointer, diagnostics);
  const std::string not_written = edge.when_pointer + "/!/0";
  for (std::size_t i = first_new; edge.turned_round && i < diagnostics.size(); ++i) {
    auto& pointer = diagnostics[i].pointer;
    if (pointer.starts_with(not_written))
      pointer.erase(edge.when_pointer.size(), not_written.size() - edge.when_pointer.size());
  }
  return rule;
}

void compile_edges(const definition& flow, std::vector<compiled_node>& nodes,
                   std::vector<diagnostic>& diagnostics) {
  std::unordered_map<std::string_view, node_index> index;
  for (std::size_t i = 0; i < flow.nodes.size(); ++i)
    index.emplace(flow.nodes[i].id, static_cast<node_index>(i));
  std::vector<std::uint32_t> order(nodes.size());
  for (const auto& source : flow.edges) {
    const auto from = index.find(source.source);
    const auto to = index.find(source.target);
    if (from == index.end() || to == index.end()) continue;  // `check_graph` tells
    compiled_node& node = nodes[from->second];
    const node_type* const type = find_node_type(node.type);
    compiled_edge edge{to->second, order[from->second]++, std::nullopt, std::nullopt, {}, {}};
    if (source.on_error) {
      edge.errors = *source.on_error;
      edge.into = source.into;
      node.on_error.push_back(std::move(edge));
      continue;
    }
    if (source.on_timeout || source.each) {
      (source.each ? node.each : node.on_timeout) = std::move(edge);
      continue;
    }
    if (!source.when) {
      node.plain.push_back(std::move(edge));
      continue;
    }
    if (type != nullptr && type->gives_condition && source.when->is_boolean()) {
      edge.follows = source.when->get<bool>();
    } else {
      edge.when = compile_when(source, diagnostics);
    }
    node.conditional.push_back(std::move(edge));
  }
}

/// The limit of visits is there for loops: inside the items of a map a node that sets none may be
/// visited as often for every item.
void raise_limits_in_maps(const definition& flow, const limits& allowed,
                          std::vector<compiled_node>& nodes) {
  const auto raised = static_cast<std::uint32_t>(std::min<std::uint64_t>(
      most_visits, std::uint64_t{allowed.max_visits} * allowed.max_map_items));
  std::vector<node_index> begins;
  for (const auto& node : nodes)
    if (node.each) begins.push_back(node.each->target);
  const auto inside =
      reached(nodes.size(), std::move(begins),
              [&](node_index at, const auto& visit) { for_each_target(nodes[at], visit); });
  for (node_index i = 0; i < nodes.size(); ++i) {
    if (!inside[i]) continue;
    if (const auto own = flow.nodes[i].data.find("max_visits");
        own == flow.nodes[i].data.end() || own->is_null())
      nodes[i].max_visits = std::max(raised, allowed.max_visits);
  }
}

void warn_lone_joins(const definition& flow, const std::vector<compiled_node>& nodes,
                     std::vector<diagnostic>& diagnostics) {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].behaviour->join() == nullptr || !nodes[i].closes.empty()) continue;
    diagnostics.push_back({severity::warning, flow.nodes[i].pointer, "lone_join",
                           "no fork has two branches that meet at " + pawl::quoted(nodes[i].id) +
                               ", so it joins nothing"});
  }
}

bool has_errors(const std::vector<diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const diagnostic& f) { return f.level == severity::error; });
}

}  // namespace

compiled_flow::compiled_flow(flow_version_id id, limits allowed, std::vector<compiled_node> nodes,
                             node_index entry, std::optional<json_schema> input)
    : id_(std::move(id)),
      allowed_(allowed),
      nodes_(std::move(nodes)),
      entry_(entry),
      input_(std::move(input)) {}

compiled_flow::~compiled_flow() = default;

std::optional<std::size_t> compiled_node::closed_depth(const token& t) const {
  for (std::size_t i = 0; i < t.forks.size(); ++i)
    if (std::binary_search(closes.begin(), closes.end(), t.forks[i])) return i;
  return std::nullopt;
}

std::vector<std::string> compiled_flow::code_refs() const {
  std::vector<std::string> refs;
  for (const auto& n : nodes_)
    for (const auto ref : {n.behaviour->code_ref(), n.behaviour->undo_ref()})
      if (!ref.empty()) refs.emplace_back(ref);
  std::sort(refs.begin(), refs.end());
  refs.erase(std::unique(refs.begin(), refs.end()), refs.end());
  return refs;
}

compilation compile(const json& source, version v, const limits& allowed) {
  compilation done;
  auto& diagnostics = done.diagnostics;
  if (auto hopeless = check_document(source, allowed)) {
    if (source.is_object() && source.contains("name") && source["name"].is_string())
      done.source.name = source["name"].get<std::string>();
    diagnostics.push_back(*std::move(hopeless));
    return done;
  }
  done.source = parse_definition(source, diagnostics);
  check_graph(done.source, allowed, diagnostics);
  auto nodes = compile_nodes(done.source, allowed, diagnostics);
  compile_edges(done.source, nodes, diagnostics);
  std::optional<json_schema> input;
  if (done.source.input_schema)
    input = json_schema::compile(*done.source.input_schema, "/input_schema", diagnostics);
  if (!has_errors(diagnostics)) {
    find_joined_forks(nodes);
    raise_limits_in_maps(done.source, allowed, nodes);
    warn_lone_joins(done.source, nodes, diagnostics);
    check_soundness(done.source, nodes, entry_of(done.source), diagnostics);
    done.flow = std::make_shared<const compiled_flow>(
        flow_version_id{flow_name{done.source.name}, v}, allowed, std::move(nodes),
        entry_of(done.source), std::move(input));
  }
  return done;
}

result<std::shared_ptr<const compiled_flow>> compilation::flow_or_error() const {
  if (flow) return flow;
  return invalid_flow(source.name, diagnostics);
}

}  // namespace pawl::flow
