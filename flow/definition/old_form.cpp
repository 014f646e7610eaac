#include "flow/definition/old_form.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <pawl/code_ref.hpp>
#include <pawl/detail/hex.hpp>

#include "flow/values/text_member.hpp"

namespace pawl::flow {
namespace {

constexpr std::size_t max_old_warnings = 20;

bool is_unescaped(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

class old_form_reader {
 public:
  explicit old_form_reader(const limits& allowed) : allowed_(allowed) {}

  old_form read(const json& stored, const std::string& name) {
    if (!stored.is_object() || check_document(stored, allowed_)) return {stored, {}};
    json made = kept(stored, {"name", "description", "nodes", "edges"}, "the definition");
    made["name"] = name;
    for (const char* const list : {"nodes", "edges"}) {
      const auto found = made.find(list);
      if (found == made.end()) made[list] = json::array();
    }
    if (made["nodes"].is_array())
      for (auto& each : made["nodes"]) each = node(each);
    if (made["edges"].is_array())
      for (auto& each : made["edges"]) each = edge(each);
    drop_unreachable(made);
    return {std::move(made), std::move(warnings_)};
  }

 private:
  void warn(std::string text) {
    if (warnings_.size() < max_old_warnings) warnings_.push_back(std::move(text));
  }

  /// The known keys that are not null.
  json kept(const json& object, std::initializer_list<std::string_view> known,
            const std::string& what) {
    json made = json::object();
    for (const auto& [key, value] : object.items()) {
      if (std::find(known.begin(), known.end(), key) == known.end()) {
        warn("the key " + pawl::quoted(key) + " of " + what + " was dropped");
      } else if (!value.is_null()) {
        made[key] = value;
      }
    }
    return made;
  }

  /// "node \"a\"", if the object has a text as id.
  static std::string named(const char* what, const json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_string()) return what;
    return what + (" " + pawl::quoted(found->get<std::string>()));
  }

  json node(const json& stored) {
    if (!stored.is_object()) return stored;
    const std::string what = named("node", stored, "id");
    json made = kept(stored, {"id", "type", "data"}, what);
    const auto data = made.find("data");
    if (data == made.end() || !data->is_object()) return made;
    *data = kept(*data, {"code_ref", "codeRef", "args", "expr"}, "the data of " + what);
    for (const char* const key : {"code_ref", "codeRef"}) {
      const auto named_function = data->find(key);
      if (named_function != data->end() && named_function->is_string())
        *named_function = old_code_ref(named_function->get<std::string>());
    }
    return made;
  }

  json edge(const json& stored) {
    if (!stored.is_object()) return stored;
    const std::string what = named("the edge from", stored, "source");
    json made = kept(stored, {"source", "target", "data", "condition", "condition_value"}, what);
    if (const auto data = made.find("data"); data != made.end() && data->is_object())
      *data = kept(*data, {"when"}, "the data of " + what);
    return made;
  }

  /// The ids of the nodes that paths from the first start node reach; empty if there is none.
  static std::unordered_set<std::string> reachable(const json& nodes, const json& edges) {
    std::unordered_set<std::string> reached;
    const auto start = std::find_if(nodes.begin(), nodes.end(), [](const json& each) {
      return text_member(each, "type") == "start";
    });
    if (start == nodes.end()) return reached;
    std::unordered_map<std::string_view, std::vector<std::string_view>> targets;  // by source
    for (const auto& each : edges)
      targets[text_member(each, "source")].push_back(text_member(each, "target"));
    std::vector<std::string_view> open{text_member(*start, "id")};
    while (!open.empty()) {
      const std::string_view at = open.back();
      open.pop_back();
      if (!reached.emplace(at).second) continue;
      if (const auto from = targets.find(at); from != targets.end())
        open.insert(open.end(), from->second.begin(), from->second.end());
    }
    return reached;
  }

  void drop_unreachable(json& made) {
    json& nodes = made["nodes"];
    json& edges = made["edges"];
    if (!nodes.is_array() || !edges.is_array()) return;
    const bool is_too_large =
        nodes.size() > allowed_.max_nodes || edges.size() > allowed_.max_edges;
    if (is_too_large) return;  // the check of the graph refuses it
    const auto reached = reachable(nodes, edges);
    if (reached.empty()) return;
    const auto is_left = [&](const std::string& id) { return id.empty() || reached.contains(id); };
    json kept_nodes = json::array();
    for (auto& each : nodes) {
      const std::string id = text_member(each, "id");
      if (is_left(id)) {
        kept_nodes.push_back(std::move(each));
      } else {
        warn("the node " + pawl::quoted(id) + " was dropped: the first start does not reach it");
      }
    }
    json kept_edges = json::array();
    for (auto& each : edges)
      if (is_left(text_member(each, "source"))) kept_edges.push_back(std::move(each));
    nodes = std::move(kept_nodes);
    edges = std::move(kept_edges);
  }

  const limits& allowed_;
  std::vector<std::string> warnings_;
};

}  // namespace

old_form from_old_form(const json& stored, const std::string& name, const limits& allowed) {
  return old_form_reader{allowed}.read(stored, name);
}

std::string escaped_old_name(std::string_view old) {
  std::string name{escaped_old_prefix()};
  for (const char c : old) {
    if (is_unescaped(c)) {
      name += c;
    } else {
      name += '-';
      detail::append_hex_byte(name, static_cast<unsigned char>(c));
    }
  }
  return name;
}

std::string old_code_ref(std::string_view old) {
  return check_code_ref(old) ? std::string{old} : escaped_old_name(old);
}

}  // namespace pawl::flow
