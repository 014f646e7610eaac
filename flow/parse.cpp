#include <array>
#include <initializer_list>
#include <utility>

#include <pawl/suggest.hpp>

#include "flow/definition.hpp"

namespace pawl::flow {
namespace {

/// Collects a definition from JSON of any shape; each method is given the pointer of its part.
class definition_reader {
 public:
  explicit definition_reader(std::vector<fault>& faults) : faults_(faults) {}

  definition read(const json& source) {
    definition flow;
    if (!source.is_object()) {
      fail("", "not_an_object", "a flow definition is a JSON object with nodes and edges");
      return flow;
    }
    warn_unknown(source, "", {"name", "description", "nodes", "edges", "version", "id"});
    flow.name = text(source, "name", "", false);
    flow.description = text(source, "description", "", false);
    for_each(source, "nodes", [&](const json& node, const std::string& pointer) {
      if (auto read = read_node(node, pointer)) flow.nodes.push_back(*std::move(read));
    });
    for_each(source, "edges", [&](const json& edge, const std::string& pointer) {
      if (auto read = read_edge(edge, pointer)) flow.edges.push_back(*std::move(read));
    });
    return flow;
  }

 private:
  void fail(std::string pointer, std::string code, std::string message) {
    faults_.push_back({severity::error, std::move(pointer), std::move(code), std::move(message)});
  }
  void warn(std::string pointer, std::string code, std::string message) {
    faults_.push_back({severity::warning, std::move(pointer), std::move(code), std::move(message)});
  }

  /// Editors keep positions and colours in a flow; only what looks like a slip is worth a word.
  void warn_unknown(const json& object, const std::string& pointer,
                    std::initializer_list<std::string_view> known) {
    for (const auto& [key, value] : object.items()) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      if (const auto meant = nearest(key, std::span{known.begin(), known.size()})) {
        warn(pointer + "/" + key, "unknown_key",
             "\"" + key + "\" is not read; did you mean \"" + std::string{*meant} + "\"?");
      }
    }
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
    const auto faults_before = faults_.size();
    warn_unknown(source, pointer, {"id", "type", "data", "position", "label"});
    node_definition node;
    node.pointer = pointer;
    node.id = text(source, "id", pointer, true);
    node.type = text(source, "type", pointer, true);
    if (node.type == "python") node.type = "task";
    if (const auto data = source.find("data"); data != source.end() && !data->is_null()) {
      if (data->is_object()) {
        node.data = *data;
        rename(node.data, "codeRef", "code_ref", pointer + "/data");
      } else {
        fail(pointer + "/data", "wrong_type",
             std::string{"\"data\" must be an object, not "} + data->type_name());
      }
    }
    for (const char* misplaced : {"code_ref", "codeRef", "args", "expr"}) {
      if (source.contains(misplaced)) {
        fail(pointer + "/" + misplaced, "misplaced_key",
             std::string{"\""} + misplaced + "\" belongs into the node's \"data\"");
      }
    }
    if (faults_.size() > faults_before && (node.id.empty() || node.type.empty()))
      return std::nullopt;
    return node;
  }

  void rename(json& data, const char* old_key, const char* key, const std::string& pointer) {
    const auto old = data.find(old_key);
    if (old == data.end()) return;
    if (data.contains(key)) {
      if (data[key] != *old) {
        fail(pointer + "/" + old_key, "contradiction",
             std::string{"\""} + old_key + "\" and \"" + key + "\" say different things");
      }
    } else {
      data[key] = *old;
    }
    data.erase(old_key);
  }

  std::optional<edge_definition> read_edge(const json& source, const std::string& pointer) {
    warn_unknown(source, pointer,
                 {"id", "source", "target", "data", "condition", "condition_value", "type", "label",
                  "when"});
    edge_definition edge;
    edge.pointer = pointer;
    edge.source = text(source, "source", pointer, true);
    edge.target = text(source, "target", pointer, true);
    edge.when = read_when(source, pointer);
    if (edge.source.empty() || edge.target.empty()) return std::nullopt;
    return edge;
  }

  /// `data.when`, or the old engine's top-level `condition` and `condition_value`: the edge of a
  /// condition with value false is the one taken when the rule is false.
  std::optional<json> read_when(const json& source, const std::string& pointer) {
    std::optional<json> when;
    if (const auto data = source.find("data"); data != source.end() && data->is_object()) {
      warn_unknown(*data, pointer + "/data", {"when", "label"});
      if (data->contains("when") && !data->at("when").is_null())
        when = boolean_text(data->at("when"), pointer + "/data/when");
    }
    if (source.contains("when")) {
      fail(pointer + "/when", "misplaced_key", "\"when\" belongs into the edge's \"data\"");
    }
    bool expected = true;
    const auto value = source.find("condition_value");
    const bool has_value = value != source.end() && !value->is_null();
    if (has_value) {
      const json truth = boolean_text(*value, pointer + "/condition_value");
      if (truth.is_boolean()) {
        expected = truth.get<bool>();
      } else {
        fail(pointer + "/condition_value", "wrong_type", "\"condition_value\" must be a boolean");
      }
    }
    const auto condition = source.find("condition");
    if (condition == source.end() || condition->is_null()) {
      if (has_value && !when) when = expected;
      return when;
    }
    json rule = boolean_text(*condition, pointer + "/condition");
    if (!expected) rule = rule.is_boolean() ? json(!rule.get<bool>()) : json{{"!", {rule}}};
    if (when && *when != rule) {
      fail(pointer + "/condition", "contradiction",
           "\"condition\" and \"data.when\" say different things");
    }
    return rule;
  }

  json boolean_text(const json& rule, const std::string& pointer) {
    if (rule == "true" || rule == "false") {
      warn(pointer, "text_for_boolean",
           "the text " + rule.dump() + " is read as the boolean; write it without quotes");
      return rule == "true";
    }
    return rule;
  }

  std::vector<fault>& faults_;
};

/// Line and column, from 1, of a byte in a text.
std::pair<std::size_t, std::size_t> place_of(std::string_view text, std::size_t byte) {
  std::size_t line = 1, column = 1;
  for (std::size_t i = 0; i < byte && i < text.size(); ++i) {
    if (text[i] == '\n') {
      ++line;
      column = 1;
    } else {
      ++column;
    }
  }
  return {line, column};
}

/// The depth of brackets outside strings. Cheap, and done before anything is built from the text.
bool deeper_than(std::string_view text, std::uint32_t max_depth) {
  std::uint32_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > max_depth) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace

result<json> parse_json(std::string_view text, std::string_view what, std::size_t max_bytes,
                        std::uint32_t max_depth) {
  if (text.size() > max_bytes) {
    return error{errc::limit_exceeded, std::string{what} + " has " + std::to_string(text.size()) +
                                           " bytes; at most " + std::to_string(max_bytes) +
                                           " are allowed"};
  }
  if (deeper_than(text, max_depth)) {
    return error{errc::limit_exceeded, std::string{what} + " is nested deeper than " +
                                           std::to_string(max_depth) + " levels"};
  }
  try {
    return json::parse(text);
  } catch (const json::parse_error& failure) {
    const std::size_t byte = failure.byte > 0 ? failure.byte - 1 : 0;
    const auto [line, column] = place_of(text, byte);
    // The library's text after "parse error at line …, column …: " says what it met.
    std::string reason = failure.what();
    if (const auto colon = reason.find(": "); colon != reason.npos) reason.erase(0, colon + 2);
    return error{errc::invalid_argument, std::string{what} + " is not valid JSON at line " +
                                             std::to_string(line) + ", column " +
                                             std::to_string(column) + ": " + reason};
  } catch (const json::exception& failure) {  // a number beyond the range of a double
    return error{errc::invalid_argument,
                 std::string{what} + " is not valid JSON: " + failure.what()};
  }
}

definition parse_definition(const json& source, std::vector<fault>& faults) {
  return definition_reader{faults}.read(source);
}

json to_json(const definition& flow) {
  json nodes = json::array();
  for (const auto& node : flow.nodes) {
    json written{{"id", node.id}, {"type", node.type}};
    if (!node.data.empty()) written["data"] = node.data;
    nodes.push_back(std::move(written));
  }
  json edges = json::array();
  for (const auto& edge : flow.edges) {
    json written{{"source", edge.source}, {"target", edge.target}};
    if (edge.when) written["data"] = {{"when", *edge.when}};
    edges.push_back(std::move(written));
  }
  json written{{"name", flow.name}, {"nodes", std::move(nodes)}, {"edges", std::move(edges)}};
  if (!flow.description.empty()) written["description"] = flow.description;
  return written;
}

}  // namespace pawl::flow
