#include "flow/definition/old_form.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <pawl/code_ref.hpp>
#include <pawl/detail/hex.hpp>

#include "flow/values/pointer.hpp"
#include "flow/values/text_member.hpp"

namespace pawl::flow {
namespace {

constexpr std::size_t max_old_warnings = 20;
// Codes of diagnostics.
constexpr const char* dropped_code = "dropped";
constexpr const char* second_start_code = "second_start";

bool is_unescaped(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

class old_form_reader {
 public:
  old_form_reader(const limits& allowed, std::vector<diagnostic>& diagnostics)
      : allowed_(allowed), diagnostics_(diagnostics) {}

  old_form read(const json& stored) {
    json made = kept(stored, {"name", "description", "nodes", "edges"}, "the definition", "");
    translate(made, "nodes", &old_form_reader::node);
    translate(made, "edges", &old_form_reader::edge);
    drop_unreachable(made);
    return {std::move(made), std::move(places_)};
  }

 private:
  void warn(std::string pointer, std::string code, std::string message) {
    if (warnings_++ >= max_old_warnings) return;
    diagnostics_.push_back(
        {severity::warning, std::move(pointer), std::move(code), std::move(message)});
  }

  /// Translates the objects of a list, which the definition has afterwards.
  void translate(json& made, const char* list,
                 json (old_form_reader::*each)(const json&, const std::string&)) {
    json& all = made.emplace(list, json::array()).first.value();
    if (!all.is_array()) return;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].is_object())
        all[i] = (this->*each)(all[i], std::string{"/"} + list + "/" + std::to_string(i));
    }
  }

  /// The known keys that are not null. The dialect has been read.
  json kept(const json& object, std::initializer_list<std::string_view> known,
            const std::string& what, const std::string& at) {
    json made = json::object();
    for (const auto& [key, value] : object.items()) {
      if (at.empty() && key == dialect_key) continue;
      if (std::find(known.begin(), known.end(), key) == known.end()) {
        warn(child_pointer(at, key), dropped_code,
             "the key " + pawl::quoted(key) + " of " + what + " was dropped");
      } else if (!value.is_null()) {
        made[key] = value;
      }
    }
    return made;
  }

  /// "node \"a\"", if the object has a text as id.
  static std::string named(const char* what, const json& object, const char* key) {
    const std::string& id = text_member(object, key);
    return id.empty() ? what : what + (" " + pawl::quoted(id));
  }

  json node(const json& stored, const std::string& at) {
    const std::string what = named("node", stored, "id");
    json made = kept(stored, {"id", "type", "data"}, what, at);
    const auto data = made.find("data");
    if (data == made.end() || !data->is_object()) return made;
    *data =
        kept(*data, {"code_ref", "codeRef", "args", "expr"}, "the data of " + what, at + "/data");
    for (const char* const key : {"code_ref", "codeRef"}) {
      const auto named_function = data->find(key);
      if (named_function != data->end() && named_function->is_string())
        *named_function = old_code_ref(named_function->get<std::string>());
    }
    return made;
  }

  json edge(const json& stored, const std::string& at) {
    const std::string what = named("the edge from", stored, "source");
    json made =
        kept(stored, {"source", "target", "data", "condition", "condition_value"}, what, at);
    if (const auto data = made.find("data"); data != made.end() && data->is_object())
      *data = kept(*data, {"when"}, "the data of " + what, at + "/data");
    return made;
  }

  /// The ids of the nodes that paths from the first start node reach; empty if there is none.
  static std::unordered_set<std::string> reachable(const json& nodes, const json& edges) {
    std::unordered_set<std::string> reached;
    const auto start = std::find_if(nodes.begin(), nodes.end(), is_start);
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

  static bool is_start(const json& node) { return text_member(node, "type") == "start"; }

  /// Keeps those of a list, `name`, that `is_kept`; calls `dropped` with the others and their
  /// places.
  template <class IsKept, class Dropped>
  void filter(json& list, const char* name, const IsKept& is_kept, const Dropped& dropped) {
    const std::string within = std::string{"/"} + name + "/";
    json left = json::array();
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string at = within + std::to_string(i);
      if (!is_kept(list[i])) {
        dropped(list[i], at);
        continue;
      }
      if (left.size() != i)
        places_.add(within + std::to_string(left.size()), at, written_places::inside::same);
      left.push_back(std::move(list[i]));
    }
    list = std::move(left);
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
    filter(
        nodes, "nodes", [&](const json& each) { return is_left(text_member(each, "id")); },
        [&](const json& each, const std::string& at) {
          const std::string id = pawl::quoted(text_member(each, "id"));
          if (is_start(each)) {
            warn(at, second_start_code,
                 "a flow begins at its first start; the second one, " + id + ", was dropped");
          } else {
            warn(at, dropped_code,
                 "the node " + id + " was dropped: the first start does not reach it");
          }
        });
    filter(
        edges, "edges", [&](const json& each) { return is_left(text_member(each, "source")); },
        [](const json&, const std::string&) {});  // its node was reported
  }

  const limits& allowed_;
  std::vector<diagnostic>& diagnostics_;
  std::size_t warnings_ = 0;
  written_places places_;
};

}  // namespace

bool is_old_form(const json& source) {
  return source.is_object() && text_member(source, dialect_key) == old_dialect;
}

json marked_as_old_form(json stored) {
  if (stored.is_object()) stored[dialect_key] = old_dialect;
  return stored;
}

bool is_of_old_form(const diagnostic& d) {
  return d.code == dropped_code || d.code == second_start_code;
}

old_form from_old_form(const json& stored, const limits& allowed,
                       std::vector<diagnostic>& diagnostics) {
  return old_form_reader{allowed, diagnostics}.read(stored);
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
