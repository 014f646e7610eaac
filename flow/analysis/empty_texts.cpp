#include "flow/analysis/empty_texts.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include <pawl/code_ref.hpp>

#include "flow/analysis/computed_settings.hpp"
#include "flow/analysis/writes.hpp"
#include "flow/definition/value_keys.hpp"
#include "flow/logic/logic.hpp"
#include "flow/logic/secret_place.hpp"
#include "flow/logic/text_template.hpp"
#include "flow/values/pointer.hpp"

namespace pawl::flow {
namespace {

constexpr std::size_t max_empty_texts = 100;

bool holds(const json* list, const json& item) {
  return list != nullptr && list->is_array() &&
         std::find(list->begin(), list->end(), item) != list->end();
}

const json* member_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

/// Whether an input that fits a schema may have nothing, or null, at a path. False if the schema
/// does not tell.
bool may_be_absent(const json& schema, std::string_view path) {
  const json* at = &schema;
  while (true) {
    const json* const properties = at->is_object() ? member_of(*at, "properties") : nullptr;
    if (properties == nullptr || !properties->is_object()) return false;
    const std::size_t dot = path.find('.');
    const std::string key{path.substr(0, dot)};
    const auto property = properties->find(key);
    if (property == properties->end() || !property->is_object()) return false;
    const bool is_given = holds(member_of(*at, "required"), key) || property->contains("default");
    if (!is_given || holds(member_of(*property, "type"), "null")) return true;
    if (dot == path.npos) return false;
    at = &*property;
    path.remove_prefix(dot + 1);
  }
}

class empty_text_checker {
 public:
  empty_text_checker(const json& schema, const std::set<std::string>& written,
                     std::vector<diagnostic>& diagnostics)
      : schema_(schema), written_(written), diagnostics_(diagnostics) {}

  /// A setting that may be computed.
  void in_setting(std::string_view key, const json& value, const std::string& at) {
    if (is_rule_setting(key)) return;
    if (has_names(key) && value.is_object()) return in_members(value, at);
    in_template(value, at);
  }

  void in_template(const json& value, const std::string& at) {
    if (logic::is_text_template(value)) return in_text(value, at);
    if (value.is_array()) {
      for (std::size_t i = 0; i < value.size(); ++i)
        in_template(value[i], at + "/" + std::to_string(i));
    } else if (value.is_object() && !logic::is_rule(value)) {
      in_members(value, at);
    }
  }

 private:
  void in_members(const json& object, const std::string& at) {
    for (const auto& [key, value] : object.items()) in_template(value, child_pointer(at, key));
  }

  void in_text(const json& text, const std::string& at) {
    const auto split = logic::split_text(text.get_ref<const std::string&>());
    if (split.is_single || !split.problem.empty() || logic::is_secret(text)) return;
    for (const json& part : split.parts) {
      if (!part.is_object() || !part.contains("var")) continue;
      const auto& path = part.begin()->get_ref<const std::string&>();
      if (written_.contains(path.substr(0, path.find('.'))) || !may_be_absent(schema_, path))
        continue;
      if (++reported_ > max_empty_texts) return;
      diagnostics_.push_back({severity::warning, at, "empty_in_text",
                              "the input may have no " + pawl::quoted(path) +
                                  ", and the text is empty there; {{" + path +
                                  " | ?? \"…\"}} stands for another text, and a \"default\" in the "
                                  "schema for the value"});
    }
  }

  const json& schema_;
  const std::set<std::string>& written_;
  std::vector<diagnostic>& diagnostics_;
  std::size_t reported_ = 0;
};

}  // namespace

void warn_empty_in_texts(const live_graph& graph, const definition& flow,
                         std::vector<diagnostic>& diagnostics) {
  std::set<std::string> written;
  for (node_index i = 0; i < graph.size(); ++i) {
    written_keys of_node = keys_written_by(graph, i);
    if (of_node.unknown) return;
    written.merge(of_node.keys);
    for (const auto& [edge, of] : graph.edges(i))
      if (of == live_graph::kind::error) written.insert(edge->into.empty() ? "error" : edge->into);
  }
  empty_text_checker checker{*flow.input_schema, written, diagnostics};
  for (node_index i = 0; i < graph.size(); ++i) {
    const node_definition& node = graph.source_of(i);
    for (const auto& [key, value] : node.data.items())
      for_each_computed(key, value, data_pointer(node, key),
                        [&](std::string_view setting, const json& in, const std::string& at) {
                          checker.in_setting(setting, in, at);
                        });
  }
  if (flow.output) checker.in_template(*flow.output, "/output");
}

}  // namespace pawl::flow
