#include "flow/definition/compiled.hpp"

#include <algorithm>
#include <unordered_map>

#include <pawl/code_ref.hpp>
#include <pawl/suggest.hpp>

#include "flow/analysis/soundness.hpp"
#include "flow/analysis/vars.hpp"
#include "flow/definition/flow_section.hpp"
#include "flow/definition/graph.hpp"
#include "flow/definition/joins.hpp"
#include "flow/definition/old_form.hpp"
#include "flow/definition/own_rules.hpp"
#include "flow/definition/short_form.hpp"
#include "flow/definition/walk.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

constexpr std::uint32_t max_max_visits = 1'000'000;

/// Whether a rule in a value may read `now`. Recursive; the depth of a definition is limited.
bool may_read_time(const json& value) {
  if (value.is_object() && value.size() == 1 && value.begin().key() == "now") return true;
  return value.is_structured() && std::any_of(value.begin(), value.end(), may_read_time);
}

/// Compiles the nodes, without their edges. A node with errors is incomplete.
std::vector<compiled_node> compile_nodes(const definition& flow, const limits& limits,
                                         std::vector<diagnostic>& diagnostics,
                                         schema_reader& schemas) {
  std::vector<compiled_node> nodes(flow.nodes.size());
  for (std::size_t i = 0; i < flow.nodes.size(); ++i) {
    const auto& source = flow.nodes[i];
    const node_type* const type = find_node_type(source.type);
    if (type == nullptr) continue;  // `check_graph` reports it
    const data_reader data{source, limits, diagnostics, schemas};
    nodes[i].id = source.id;
    nodes[i].type = source.type;
    nodes[i].max_visits = data.count("max_visits", 1, max_max_visits).value_or(limits.max_visits);
    nodes[i].reads_time = may_read_time(source.data);
    nodes[i].behaviour = type->make(data);
  }
  return nodes;
}

/// Compiles the rule of an edge. Diagnostics point to the rule as its author wrote it.
logic::rule compile_when(const edge_definition& edge, std::vector<diagnostic>& diagnostics,
                         const logic::limits& allowed) {
  const auto& pointer = edge.when_pointer;
  if (!edge.negated) return logic::compile_condition(*edge.when, pointer, diagnostics, allowed);
  // The parser has put the rule inside {"!": [...]}.
  if (!logic::check_condition(edge.when->at("!").at(0), pointer, diagnostics)) return {};
  const std::size_t first_new = diagnostics.size();
  auto rule = logic::compile(*edge.when, pointer, diagnostics, allowed);
  const std::string added = pointer + "/!/0";
  for (std::size_t i = first_new; i < diagnostics.size(); ++i) {
    auto& at = diagnostics[i].pointer;
    if (at.starts_with(added)) at.erase(pointer.size(), added.size() - pointer.size());
  }
  return rule;
}

/// Checks that the node of an `on` edge waits for its event, and has no other edge for it.
void check_event(const edge_definition& edge, const compiled_node& node,
                 std::vector<diagnostic>& diagnostics) {
  const auto fail = [&](const char* code, std::string message) {
    diagnostics.push_back({severity::error, edge.pointer + "/data/on", code, std::move(message)});
  };
  const auto events = node.behaviour ? node.behaviour->events() : std::vector<std::string_view>{};
  if (events.empty()) return;  // another check reports it
  const auto meant = nearest(edge.on, events);
  if (std::find(events.begin(), events.end(), edge.on) == events.end()) {
    fail("never_taken", pawl::quoted(edge.source) + " does not wait for the event " +
                            pawl::quoted(edge.on) +
                            (meant ? "; did you mean " + pawl::quoted(*meant) + "?" : ""));
  } else if (std::any_of(node.on_event.begin(), node.on_event.end(),
                         [&](const compiled_edge& e) { return e.event == edge.on; })) {
    fail("duplicate_edge", pawl::quoted(edge.source) + " has more than one edge for the event " +
                               pawl::quoted(edge.on));
  }
}

void compile_edges(const definition& flow, std::vector<compiled_node>& nodes,
                   std::vector<diagnostic>& diagnostics, schema_reader& schemas) {
  logic::limits allowed;
  allowed.patterns = &schemas.patterns();
  std::unordered_map<std::string_view, node_index> index;
  for (std::size_t i = 0; i < flow.nodes.size(); ++i)
    index.emplace(flow.nodes[i].id, static_cast<node_index>(i));
  std::vector<std::uint32_t> order(nodes.size());
  for (const auto& source : flow.edges) {
    const auto from = index.find(source.source);
    const auto to = index.find(source.target);
    if (from == index.end() || to == index.end()) continue;  // `check_graph` reports it
    compiled_node& node = nodes[from->second];
    const node_type* const type = find_node_type(node.type);
    compiled_edge edge{to->second, order[from->second]++, std::nullopt, std::nullopt, {}, {}};
    if (source.when) node.reads_time = node.reads_time || may_read_time(*source.when);
    if (source.on_error) {
      if (source.when) edge.when = compile_when(source, diagnostics, allowed);
      edge.errors = *source.on_error;
      edge.into = source.into;
      node.on_error.push_back(std::move(edge));
      continue;
    }
    if (!source.on.empty()) {
      edge.event = source.on;
      check_event(source, node, diagnostics);
      node.on_event.push_back(std::move(edge));
      continue;
    }
    if (source.on_timeout || source.leads_inside()) {
      (source.on_timeout ? node.on_timeout : node.each) = std::move(edge);
      continue;
    }
    if (!source.when) {
      node.plain.push_back(std::move(edge));
      continue;
    }
    if (type != nullptr && type->gives_condition && source.when->is_boolean()) {
      edge.follows = source.when->get<bool>();
    } else {
      edge.when = compile_when(source, diagnostics, allowed);
    }
    node.conditional.push_back(std::move(edge));
  }
}

/// Multiplies the default limit of visits by the number of items for nodes inside a map: the limit
/// exists to stop loops, and each item may loop as often.
void raise_limits_in_maps(const definition& flow, const limits& limits,
                          std::vector<compiled_node>& nodes) {
  const auto raised = static_cast<std::uint32_t>(std::min<std::uint64_t>(
      max_max_visits, std::uint64_t{limits.max_visits} * limits.max_map_items));
  std::vector<node_index> first_nodes;
  for (const auto& node : nodes)
    if (node.behaviour->map() != nullptr) first_nodes.push_back(node.each->target);
  const auto inside =
      reached(nodes.size(), std::move(first_nodes), [&](node_index at, const auto& visit) {
        for_each_target(nodes[at], visit);
        if (nodes[at].each) visit(nodes[at].each->target);
      });
  for (node_index i = 0; i < nodes.size(); ++i) {
    if (!inside[i]) continue;
    if (const auto own = flow.nodes[i].data.find("max_visits");
        own == flow.nodes[i].data.end() || own->is_null())
      nodes[i].max_visits = std::max(raised, limits.max_visits);
  }
}

void warn_unmatched_joins(const definition& flow, const std::vector<compiled_node>& nodes,
                          std::vector<diagnostic>& diagnostics) {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].behaviour->join() == nullptr || !nodes[i].closes.empty()) continue;
    diagnostics.push_back({severity::warning, flow.nodes[i].pointer, "unmatched_join",
                           "the join " + pawl::quoted(nodes[i].id) +
                               " joins nothing: no fork has two branches that reach it"});
  }
}

bool has_errors(const std::vector<diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const diagnostic& d) { return d.level == severity::error; });
}

/// Compiles the values at the top of a flow.
std::optional<logic::value_template> compile_top(const std::optional<json>& source,
                                                 std::string_view pointer,
                                                 std::vector<diagnostic>& diagnostics,
                                                 schema_reader& schemas, bool by_name) {
  if (!source) return std::nullopt;
  logic::limits allowed;
  allowed.patterns = &schemas.patterns();
  return by_name ? logic::compile_members(*source, pointer, diagnostics, allowed)
                 : logic::compile_template(*source, pointer, diagnostics, allowed);
}

/// Compiles a definition in the long form that calls no rules of its own. Null after an error.
std::shared_ptr<const compiled_flow> compile_definition(const definition& source, version v,
                                                        const limits& limits,
                                                        definition_origin origin,
                                                        std::vector<diagnostic>& diagnostics) {
  check_graph(source, limits, diagnostics);
  schema_reader schemas{origin, diagnostics};
  auto nodes = compile_nodes(source, limits, diagnostics, schemas);
  compile_edges(source, nodes, diagnostics, schemas);
  std::optional<json_schema> input;
  if (source.input_schema) input = schemas.read(*source.input_schema, "/input_schema");
  auto output = compile_top(source.output, "/output", diagnostics, schemas, false);
  auto vars = compile_top(source.vars, "/vars", diagnostics, schemas, true);
  check_vars(source, diagnostics);
  std::vector<declared_attribute> attributes;
  if (source.attributes) {
    logic::limits allowed;
    allowed.patterns = &schemas.patterns();
    attributes = compile_attributes(*source.attributes, diagnostics, allowed);
  }
  if (has_errors(diagnostics)) return nullptr;
  find_joined_forks(nodes);
  raise_limits_in_maps(source, limits, nodes);
  warn_unmatched_joins(source, nodes, diagnostics);
  check_soundness(source, nodes, entry_of(source), diagnostics);
  auto of_flow = limits;
  if (source.history) of_flow.history_checkpoints = *source.history;
  return std::make_shared<const compiled_flow>(
      flow_version_id{flow_name{source.name}, v}, of_flow, std::move(nodes), entry_of(source),
      std::move(input),
      source.input_schema ? input_defaults{*source.input_schema} : input_defaults{},
      std::move(output), std::move(vars), std::move(attributes));
}

/// Compiles a definition in the long form.
void compile_long_form(const json& source, version v, const limits& limits,
                       definition_origin origin, compilation& done) {
  auto& diagnostics = done.diagnostics;
  done.source = parse_definition(source, diagnostics);
  if (!done.source.definitions) {
    done.flow = compile_definition(done.source, v, limits, origin, diagnostics);
    return place_in_flow(diagnostics);
  }
  const inlined_flow inlined = inline_own_rules(done.source, diagnostics);
  const std::size_t first = diagnostics.size();
  done.flow = compile_definition(inlined.flow, v, limits, origin, diagnostics);
  inlined.restore_places(diagnostics, first);
  place_in_flow(diagnostics);
}

/// Checks the size of a definition. A problem ends the compilation.
bool is_readable(const json& source, const limits& limits, const std::string& what,
                 compilation& done) {
  auto fatal = check_document(source, limits);
  if (!fatal) return true;
  if (source.is_object() && source.contains("name") && source["name"].is_string())
    done.source.name = source["name"].get<std::string>();
  fatal->message = what + fatal->message;
  done.diagnostics.push_back(*std::move(fatal));
  return false;
}

/// Refuses forms that do not exist.
void check_dialect(const json& source, std::vector<diagnostic>& diagnostics) {
  const auto named = source.find(dialect_key);
  if (named == source.end() || named->is_null() || is_old_form(source)) return;
  diagnostics.push_back({severity::error, std::string{"/"} + dialect_key, "unknown_dialect",
                         "unknown dialect " +
                             (named->is_string() ? pawl::quoted(named->get<std::string>())
                                                 : std::string{named->type_name()}) +
                             "; the only one is " + pawl::quoted(old_dialect) +
                             ". Omit it for flows of Pawl"});
}

/// Compiles a definition that was translated to the long form, which is what is stored and compiled
/// again.
void compile_translated(const json& long_form, written_places places, version v,
                        const limits& limits, definition_origin origin, compilation& done) {
  const std::size_t first = done.diagnostics.size();
  done.places = std::move(places);
  if (is_readable(long_form, limits, "in the long form, ", done))
    compile_long_form(long_form, v, limits, origin, done);
  done.places.apply(done.diagnostics, first);
}

}  // namespace

compiled_flow::compiled_flow(flow_version_id id, limits limits, std::vector<compiled_node> nodes,
                             node_index entry, std::optional<json_schema> input,
                             input_defaults defaults, std::optional<logic::value_template> output,
                             std::optional<logic::value_template> vars,
                             std::vector<declared_attribute> attributes)
    : id_(std::move(id)),
      limits_(limits),
      nodes_(std::move(nodes)),
      entry_(entry),
      input_(std::move(input)),
      defaults_(std::move(defaults)),
      output_(std::move(output)),
      vars_(std::move(vars)),
      attributes_(std::move(attributes)) {
  for (node_index i = 0; i < nodes_.size(); ++i) {
    by_name_.emplace(nodes_[i].id, i);
    // Only of a flow that is not run.
    if (!nodes_[i].behaviour) continue;
    for (const auto& signal : nodes_[i].behaviour->awaited_signals())
      awaiting_[signal].push_back(i);
    const section_plan* const section = nodes_[i].behaviour->section();
    const join_plan* const join = nodes_[i].behaviour->join();
    if (section != nullptr && (section->compensates || section->makes_final))
      compensates_parts_ = true;
    if (join != nullptr && join->compensates_losers) compensates_parts_ = true;
  }
}

compiled_flow::~compiled_flow() = default;

std::optional<std::size_t> compiled_node::closed_depth(const token& t) const {
  for (std::size_t i = 0; i < t.forks.size(); ++i)
    if (std::binary_search(closes.begin(), closes.end(), t.forks[i])) return i;
  return std::nullopt;
}

std::optional<node_index> compiled_flow::find(std::string_view node) const noexcept {
  const auto found = by_name_.find(node);
  return found == by_name_.end() ? std::nullopt : std::optional{found->second};
}

std::span<const node_index> compiled_flow::awaiting(std::string_view signal) const noexcept {
  const auto found = awaiting_.find(signal);
  if (found == awaiting_.end()) return {};
  return found->second;
}

std::vector<std::string_view> compiled_flow::awaited_signals() const {
  std::vector<std::string_view> all;
  for (const auto& [signal, nodes] : awaiting_) all.emplace_back(signal);
  return all;
}

std::vector<std::string> compiled_flow::code_refs() const {
  std::vector<std::string> refs;
  for (const auto& n : nodes_) {
    const auto called = n.behaviour->code_refs();
    refs.insert(refs.end(), called.begin(), called.end());
    if (const auto undo = n.behaviour->compensation_ref(); !undo.empty()) refs.emplace_back(undo);
  }
  std::sort(refs.begin(), refs.end());
  refs.erase(std::unique(refs.begin(), refs.end()), refs.end());
  return refs;
}

compilation compile(const json& source, version v, const limits& limits, definition_origin origin) {
  compilation done;
  if (!is_readable(source, limits, "", done)) return done;
  check_dialect(source, done.diagnostics);
  if (is_old_form(source)) {
    auto [long_form, places] = from_old_form(source, limits, done.diagnostics);
    compile_translated(long_form, std::move(places), v, limits, origin, done);
    return done;
  }
  if (!is_short_form(source)) {
    check_unmixed(source, done.diagnostics);
    compile_long_form(source, v, limits, origin, done);
    return done;
  }
  auto [long_form, places] = expand_short_form(source, limits, done.diagnostics);
  compile_translated(long_form, std::move(places), v, limits, origin, done);
  return done;
}

result<std::shared_ptr<const compiled_flow>> compilation::flow_or_error() const {
  if (flow) return flow;
  return invalid_flow(source.name, diagnostics);
}

}  // namespace pawl::flow
