#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>
#include <utility>

#include <pawl/code_ref.hpp>

#include "flow/definition/definition.hpp"
#include "flow/definition/flow_section.hpp"
#include "flow/definition/known_keys.hpp"
#include "flow/definition/links.hpp"
#include "flow/definition/value_keys.hpp"
#include "flow/logic/logic.hpp"
#include "flow/nodes/node.hpp"
#include "flow/values/pointer.hpp"

namespace pawl::flow {
namespace {

/// Reads a definition from any JSON value. Each method takes the pointer of the part that it reads.
class definition_reader {
 public:
  explicit definition_reader(std::vector<diagnostic>& diagnostics) : diagnostics_(diagnostics) {}

  definition read(const json& source) {
    definition flow;
    if (!source.is_object()) {
      fail("", "not_an_object",
           "a flow definition must be a JSON object with \"nodes\" and \"edges\"");
      return flow;
    }
    warn_unknown(source, "",
                 {"name", "description", "dialect", "nodes", "edges", "version", "id",
                  "input_schema", "defaults", "vars", "definitions", "output", "attributes",
                  "history", "on_error", "on_timeout", "timeout", "until", "compensate"});
    flow.name = text(source, "name", "", false);
    flow.description = text(source, "description", "", false);
    if (const auto schema = source.find("input_schema");
        schema != source.end() && !schema->is_null())
      flow.input_schema = *schema;
    if (const auto output = source.find("output"); output != source.end() && !output->is_null())
      flow.output = *output;
    if (const auto attributes = source.find("attributes");
        attributes != source.end() && !attributes->is_null())
      flow.attributes = *attributes;
    flow.vars = object_of_names(source, "vars");
    flow.definitions = object_of_names(source, "definitions");
    flow.history = read_history(source);
    read_defaults(source, flow);
    for_each(source, "nodes", [&](const json& node, const std::string& pointer) {
      if (auto read = read_node(node, pointer)) {
        if (const auto of = flow.defaults.find(read->type); of != flow.defaults.end())
          add_defaults(*read, of->second);
        flow.nodes.push_back(*std::move(read));
      }
    });
    for_each(source, "edges", [&](const json& edge, const std::string& pointer) {
      if (auto read = read_edge(edge, pointer)) flow.edges.push_back(*std::move(read));
    });
    add_flow_section(source, flow, diagnostics_);
    return flow;
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

  /// Warns of unknown keys, with what they probably mean.
  void warn_unknown(const json& object, const std::string& pointer,
                    std::initializer_list<std::string_view> known) {
    for (const auto& [key, value] : object.items()) {
      if (std::find(known.begin(), known.end(), key) != known.end() || is_annotation(key)) continue;
      if (reported_unknown_ == max_unknown_keys) return;
      ++reported_unknown_;
      warn(child_pointer(pointer, key), "unknown_key",
           "unknown key " + pawl::quoted(key) +
               hint_for_key(key, std::span{known.begin(), known.size()}));
    }
  }

  /// Reads `history`: "full", or the number of checkpoints to keep.
  std::optional<std::uint64_t> read_history(const json& source) {
    const auto found = source.find("history");
    if (found == source.end() || found->is_null()) return std::nullopt;
    if (*found == "full") return 0;
    if (found->is_number_integer() && *found > 0) return found->get<std::uint64_t>();
    fail("/history", "wrong_value",
         "\"history\" must be \"full\" or the number of checkpoints to keep, at least 1");
    return std::nullopt;
  }

  std::string text(const json& object, const char* key, const std::string& pointer, bool required) {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) {
      if (required) fail(pointer, "missing_key", std::string{"\""} + key + "\" is missing");
      return {};
    }
    if (!found->is_string()) {
      fail(pointer + "/" + key, "wrong_type",
           std::string{"\""} + key + "\" must be a string, not " + found->type_name());
      return {};
    }
    if (required && found->get_ref<const std::string&>().empty()) {
      fail(pointer + "/" + key, "empty_text", std::string{"\""} + key + "\" must not be empty");
    }
    return found->get<std::string>();
  }

  template <class Read>
  void for_each(const json& source, const char* key, Read read) {
    const std::string pointer = std::string{"/"} + key;
    const auto list = source.find(key);
    if (list == source.end() || list->is_null()) return;
    if (!list->is_array()) {
      fail(pointer, "wrong_type",
           std::string{"\""} + key + "\" must be an array, not " + list->type_name());
      return;
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
      const std::string at = pointer + "/" + std::to_string(i);
      if ((*list)[i].is_object()) {
        read((*list)[i], at);
      } else {
        fail(at, "wrong_type", std::string{"must be an object, not "} + (*list)[i].type_name());
      }
    }
  }

  std::optional<node_definition> read_node(const json& source, const std::string& pointer) {
    warn_unknown(without_data_keys(source), pointer, {"id", "type", "data"});
    node_definition node;
    node.pointer = pointer;
    node.id = text(source, "id", pointer, true);
    node.type = text(source, "type", pointer, true);
    if (node.type == "python") node.type = "task";
    if (const auto data = source.find("data"); data != source.end() && !data->is_null()) {
      if (data->is_object()) {
        node.data = *data;
        read_code_refs(node, pointer + "/data");
      } else {
        fail(pointer + "/data", "wrong_type",
             std::string{"\"data\" must be an object, not "} + data->type_name());
      }
    }
    for (const auto& [key, value] : source.items()) {
      if (!belongs_in_data(key) || is_link_key(key, type_of(source))) continue;
      const std::string problem = "\"" + key + "\" belongs in the \"data\" of the node";
      if (key == "function") {  // 0.1 stored flows with such a key
        warn(child_pointer(pointer, key), "misplaced_key", problem + "; it is ignored here");
      } else {
        fail(child_pointer(pointer, key), "misplaced_key", problem);
      }
    }
    // A node without a type is kept, so that its edges are not reported as dangling.
    if (node.id.empty()) return std::nullopt;
    return node;
  }

  /// Reads an object at the top of the flow; none if it is absent, empty or has a problem.
  std::optional<json> object_of_names(const json& source, const char* key) {
    const auto found = source.find(key);
    if (found == source.end() || found->is_null()) return std::nullopt;
    if (!found->is_object()) {
      fail(std::string{"/"} + key, "wrong_type",
           std::string{"\""} + key + "\" must be an object, not " + found->type_name());
      return std::nullopt;
    }
    return found->empty() ? std::nullopt : std::optional<json>{*found};
  }

  void read_defaults(const json& source, definition& flow) {
    const auto defaults = source.find("defaults");
    if (defaults == source.end() || defaults->is_null()) return;
    if (!defaults->is_object()) {
      return fail("/defaults", "wrong_type",
                  std::string{"\"defaults\" must be an object with node types as keys, not "} +
                      defaults->type_name());
    }
    for (const auto& [type, data] : defaults->items()) {
      const std::string pointer = child_pointer("/defaults", type);
      if (!data.is_object()) {
        fail(pointer, "wrong_type",
             std::string{"the defaults of a type must be an object, not "} + data.type_name());
        continue;
      }
      node_definition like;
      like.type = type == "python" ? "task" : type;
      like.data = data;
      read_code_refs(like, pointer);
      flow.defaults[like.type] = std::move(like.data);
    }
  }

  /// Adds what a node does not set itself. Settings that are objects are merged one level deep, but
  /// not rules.
  static void add_defaults(node_definition& node, const json& defaults) {
    node.own_data = node.data;
    for (const auto& [key, value] : defaults.items()) {
      const auto [own, is_new] = node.data.emplace(key, value);
      const bool merges = !is_new && own->is_object() && value.is_object() &&
                          (has_names(key) || (!logic::is_rule(*own) && !logic::is_rule(value)));
      if (!merges) continue;
      for (const auto& [name, inner] : value.items()) own->emplace(name, inner);
    }
  }

  /// The keys of a node, without those that are reported as misplaced or by `check_unmixed`.
  static json without_data_keys(const json& source) {
    json rest = json::object();
    const node_type* const type = type_of(source);
    for (const auto& [key, value] : source.items())
      if (!belongs_in_data(key) && !is_link_key(key, type)) rest[key] = nullptr;
    return rest;
  }

  /// The type of a node; null if it is unknown.
  static const node_type* type_of(const json& node) {
    const auto type = node.find("type");
    return type != node.end() && type->is_string()
               ? find_node_type(type->get_ref<const std::string&>())
               : nullptr;
  }

  static bool belongs_in_data(std::string_view key) {
    const auto has = [&](std::span<const std::string_view> keys) {
      return std::find(keys.begin(), keys.end(), key) != keys.end();
    };
    if (key == "label" || key == "description") return false;  // allowed in both places
    if (is_code_ref_alias(key) || has(common_node_keys())) return true;
    const auto types = node_types();
    return std::any_of(types.begin(), types.end(),
                       [&](const node_type* type) { return has(type->keys); });
  }

  void read_code_refs(node_definition& node, const std::string& at) {
    const node_type* const type = find_node_type(node.type);
    if (type == nullptr || type->reads("code_ref")) read_code_ref(node.data, at, node.code_ref_key);
    if (const auto compensate = node.data.find("compensate");
        compensate != node.data.end() && compensate->is_object())
      read_code_ref(*compensate, at + "/compensate", node.compensate_code_ref_key);
  }

  /// Replaces an alias of `code_ref` by the canonical key; `spelling` receives the key as written.
  /// Beside another spelling `function` is ignored: 0.1 stored flows with any value there.
  void read_code_ref(json& data, const std::string& at, std::string& spelling) {
    // From the last alias to the first, so that `function` finds any other spelling read.
    for (auto each = code_ref_aliases.rbegin(); each != code_ref_aliases.rend(); ++each) {
      const char* const alias = *each;
      const auto written = data.find(alias);
      if (written == data.end()) continue;
      json value = std::move(*written);
      data.erase(alias);
      if (const auto known = data.find("code_ref"); known == data.end()) {
        spelling = alias;
        data["code_ref"] = std::move(value);
      } else if (*known != value && alias == std::string_view{"function"}) {
        warn(at + "/function", "contradiction",
             "\"function\" is ignored, because it differs from " + pawl::quoted(spelling));
      } else if (*known != value) {
        fail(at + "/" + alias, "contradiction",
             pawl::quoted(alias) + " and " + pawl::quoted(spelling) + " differ; write only one");
      }
    }
  }

  std::optional<edge_definition> read_edge(const json& source, const std::string& pointer) {
    warn_unknown(source, pointer,
                 {"id", "source", "target", "data", "condition", "condition_value", "type", "label",
                  "when", "on", "on_error", "on_timeout", "each", "body", "into"});
    for (const char* const key : {"when", "on", "on_error", "on_timeout", "each", "body", "into"})
      if (source.contains(key))
        fail(pointer + "/" + key, "misplaced_key",
             "\"" + std::string{key} + "\" belongs in the \"data\" of the edge");
    edge_definition edge;
    edge.pointer = pointer;
    edge.source = text(source, "source", pointer, true);
    edge.target = text(source, "target", pointer, true);
    read_when(source, edge);
    read_kind(source, edge);
    for (const char* const end : {"source", "target"})
      if (source.contains(end) && source[end] == flow_section_id)
        fail(pointer + "/" + end, "dangling_edge", "no such node: \"/\"");
    if (edge.source.empty() || edge.target.empty()) return std::nullopt;
    return edge;
  }

  /// Reads `data.when`, or the legacy top-level `condition` and `condition_value`. An edge with
  /// `condition_value` false is taken when its condition is false.
  void read_when(const json& source, edge_definition& edge) {
    const std::string& pointer = edge.pointer;
    if (const auto data = source.find("data"); data != source.end() && data->is_object()) {
      warn_unknown(*data, pointer + "/data",
                   {"when", "label", "on", "on_error", "on_timeout", "each", "body", "into"});
      if (data->contains("when") && !data->at("when").is_null()) {
        edge.when_pointer = pointer + "/data/when";
        edge.when = boolean_text(data->at("when"), edge.when_pointer);
      }
    }
    const auto expected = read_condition_value(source, pointer);
    const auto condition = source.find("condition");
    if (condition != source.end() && !condition->is_null()) {
      read_condition(*condition, expected.value_or(true), edge);
    } else if (expected && !edge.when) {
      edge.when_pointer = pointer + "/condition_value";
      edge.when = *expected;
    } else if (expected && *edge.when != json(*expected) &&
               (!*expected || edge.when->is_boolean())) {
      fail(pointer + "/condition_value", "contradiction",
           "\"condition_value\" and \"data.when\" differ; write only \"data.when\"");
    }
  }

  /// Reads `on_error`, `on_timeout`, `each` and `into`.
  void read_kind(const json& source, edge_definition& edge) {
    const auto data = source.find("data");
    if (data == source.end() || !data->is_object()) return;
    const std::string at = edge.pointer + "/data";
    edge.on_timeout = read_flag(*data, "on_timeout", at);
    edge.each = read_flag(*data, "each", at);
    edge.body = read_flag(*data, "body", at);
    if (const auto classes = data->find("on_error"); classes != data->end() && *classes != false) {
      edge.on_error = error_types_of(*classes);
      if (!edge.on_error) {
        edge.on_error.emplace();
        fail(at + "/on_error", "wrong_type",
             "\"on_error\" must be true, an error class or an array of error classes");
      }
    }
    edge.on = text(*data, "on", at, false);
    edge.into = text(*data, "into", at, false);
    if (!edge.into.empty() && !edge.on_error)
      fail(at + "/into", "contradiction", "\"into\" is only read on an edge with \"on_error\"");
    // Of a step it means that nothing is kept, which it does not mean here.
    if (const auto into = data->find("into");
        edge.on_error && into != data->end() && into->is_null())
      fail(at + "/into", "wrong_type", std::string{why_no_error_key});
    const int kinds = (edge.on_error ? 1 : 0) + (edge.on.empty() ? 0 : 1) +
                      (edge.on_timeout ? 1 : 0) + (edge.each ? 1 : 0) + (edge.body ? 1 : 0) +
                      (edge.when && !edge.on_error ? 1 : 0);
    if (kinds > 1) {
      fail(at, "contradiction",
           "an edge has at most one of \"when\", \"on\", \"on_error\", \"on_timeout\", "
           "\"each\" and \"body\", or \"when\" beside \"on_error\"");
    }
  }

  bool read_flag(const json& data, const char* key, const std::string& at) {
    const auto flag = data.find(key);
    if (flag == data.end() || flag->is_null()) return false;
    if (flag->is_boolean()) return flag->get<bool>();
    fail(at + "/" + key, "wrong_type", std::string{"\""} + key + "\" must be true or false");
    return false;
  }

  std::optional<bool> read_condition_value(const json& source, const std::string& pointer) {
    const auto value = source.find("condition_value");
    if (value == source.end() || value->is_null()) return std::nullopt;
    const json truth = boolean_text(*value, pointer + "/condition_value");
    if (truth.is_boolean()) return truth.get<bool>();
    fail(pointer + "/condition_value", "wrong_type", "\"condition_value\" must be true or false");
    return std::nullopt;
  }

  void read_condition(const json& condition, bool expected, edge_definition& edge) {
    const std::string pointer = edge.pointer + "/condition";
    json rule = boolean_text(condition, pointer);
    const bool negated = !expected && !rule.is_boolean();
    if (negated) {
      rule = json::object({{"!", json::array({std::move(rule)})}});
    } else if (!expected) {
      rule = !rule.get<bool>();
    }
    if (edge.when && *edge.when != rule)
      fail(pointer, "contradiction",
           "\"condition\" and \"data.when\" differ; write only \"data.when\"");
    edge.when = std::move(rule);
    edge.when_pointer = pointer;
    edge.negated = negated;
  }

  json boolean_text(const json& rule, const std::string& pointer) {
    if (rule == "true" || rule == "false") {
      warn(pointer, "text_for_boolean",
           "the string " + rule.dump() + " is read as a boolean; write it without quotes");
      return rule == "true";
    }
    return rule;
  }

  std::vector<diagnostic>& diagnostics_;
  std::size_t reported_unknown_ = 0;
};

}  // namespace

definition parse_definition(const json& source, std::vector<diagnostic>& diagnostics) {
  return definition_reader{diagnostics}.read(source);
}

std::optional<std::vector<std::string>> error_types_of(const json& written) {
  const auto is_text = [](const json& type) { return type.is_string() && type != ""; };
  if (written == true) return std::vector<std::string>{};
  if (is_text(written)) return std::vector<std::string>{written.get<std::string>()};
  if (!written.is_array() || written.empty() ||
      !std::all_of(written.begin(), written.end(), is_text))
    return std::nullopt;
  return written.get<std::vector<std::string>>();
}

std::string data_pointer(const node_definition& node, std::string_view key) {
  const bool is_default = node.own_data && !node.own_data->contains(key) && node.data.contains(key);
  return child_pointer(is_default ? child_pointer("/defaults", node.type) : node.pointer + "/data",
                       key);
}

json to_json(const definition& flow) {
  json nodes = json::array();
  for (const auto& node : flow.nodes) {
    if (is_flow_section(node)) continue;
    json written{{"id", node.id}, {"type", node.type}};
    if (const json& data = node.own_data ? *node.own_data : node.data; !data.empty())
      written["data"] = data;
    nodes.push_back(std::move(written));
  }
  json edges = json::array();
  for (const auto& edge : flow.edges) {
    if (edge.source == flow_section_id) continue;
    json written{{"source", edge.source}, {"target", edge.target}};
    if (edge.when) written["data"] = {{"when", *edge.when}};
    if (edge.on_error) {
      written["data"]["on_error"] = edge.on_error->empty() ? json(true) : json(*edge.on_error);
      if (!edge.into.empty()) written["data"]["into"] = edge.into;
    }
    if (!edge.on.empty()) written["data"]["on"] = edge.on;
    if (edge.on_timeout) written["data"]["on_timeout"] = true;
    if (edge.each) written["data"]["each"] = true;
    if (edge.body) written["data"]["body"] = true;
    edges.push_back(std::move(written));
  }
  json written{{"name", flow.name}, {"nodes", std::move(nodes)}, {"edges", std::move(edges)}};
  if (flow.input_schema) written["input_schema"] = *flow.input_schema;
  if (flow.output) written["output"] = *flow.output;
  if (flow.attributes) written["attributes"] = *flow.attributes;
  if (flow.history) written["history"] = history_text(*flow.history);
  if (!flow.defaults.empty()) written["defaults"] = flow.defaults;
  if (flow.vars) written["vars"] = *flow.vars;
  if (flow.definitions) written["definitions"] = *flow.definitions;
  if (!flow.description.empty()) written["description"] = flow.description;
  write_flow_section(flow, written);
  return written;
}

}  // namespace pawl::flow
