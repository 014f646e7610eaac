#include "flow/analysis/vars.hpp"

#include <cstddef>
#include <string>
#include <string_view>

#include <pawl/code_ref.hpp>
#include <pawl/suggest.hpp>

#include "flow/analysis/computed_settings.hpp"
#include "flow/logic/logic.hpp"
#include "flow/logic/text_template.hpp"
#include "flow/values/pointer.hpp"

namespace pawl::flow {
namespace {

constexpr std::string_view prefix = "vars.";

/// Looks through everything that may be computed. Recursive; the depth of a definition is limited.
class reads_of_vars {
 public:
  reads_of_vars(const json& vars, std::vector<diagnostic>& diagnostics)
      : vars_(vars), diagnostics_(diagnostics) {
    for (const auto& [name, value] : vars.items()) known_.push_back(name);
  }

  /// Variables are computed together, so one cannot read another.
  void in_variable(const json& value, const std::string& at) {
    is_in_variable_ = true;
    in_value(value, at);
    is_in_variable_ = false;
  }

  void in_value(const json& value, const std::string& at) {
    if (logic::is_text_template(value))
      return in_value(logic::split_text(value.get_ref<const std::string&>()).parts, at);
    if (value.is_array()) {
      for (const json& part : value) in_value(part, at);
      return;
    }
    if (!value.is_object()) return;
    const bool is_call = value.size() == 1;
    if (is_call && value.contains("literal")) return;
    if (is_call && value.contains("var")) return in_var(*value.begin(), at);
    const bool is_iteration = is_call && logic::is_iteration(value.begin().key());
    if (!is_iteration || !value.begin()->is_array()) {
      for (const json& part : value) in_value(part, at);
      return;
    }
    const json& arguments = *value.begin();
    for (std::size_t i = 0; i < arguments.size(); ++i)
      if (i != 1) in_value(arguments[i], at);
    // `let` is how definitions are called, which see nothing else.
    const std::string& name = value.begin().key();
    if (arguments.size() > 1 && name != "let") in_body(arguments[1], name, at);
  }

 private:
  /// The body of an iteration reads an item, in which variables are hardly meant.
  void in_body(const json& rule, const std::string& iteration, const std::string& at) {
    if (!rule.is_structured()) return;
    const bool is_call = rule.is_object() && rule.size() == 1;
    if (is_call && (rule.contains("literal") || logic::is_iteration(rule.begin().key()))) return;
    if (!is_call || !rule.contains("var")) {
      for (const json& part : rule) in_body(part, iteration, at);
      return;
    }
    const json& path =
        rule.begin()->is_array() && !rule.begin()->empty() ? rule.begin()->front() : *rule.begin();
    if (!path.is_string()) return;
    const auto& text = path.get_ref<const std::string&>();
    const std::string name = name_in(text);
    if (!vars_.contains(name) || reported_ == max_reported) return;
    ++reported_;
    diagnostics_.push_back(
        {severity::warning, at, "variable_in_body",
         "in the body of " + pawl::quoted(iteration) + ", " + pawl::quoted(text) +
             " is read from the item; the variable is " +
             json{{"val", json::array({json::array({2}), "vars", name})}}.dump()});
  }

  /// The name of the variable at a path; "" if it leads elsewhere.
  static std::string name_in(const std::string& path) {
    if (!path.starts_with(prefix)) return {};
    return path.substr(prefix.size(), path.find('.', prefix.size()) - prefix.size());
  }

  void in_var(const json& argument, const std::string& at) {
    const json& path = argument.is_array() && !argument.empty() ? argument[0] : argument;
    if (!path.is_string()) return in_value(argument, at);
    const auto& text = path.get_ref<const std::string&>();
    const auto name = name_in(text);
    if (!text.starts_with(prefix) || reported_ == max_reported) return;
    if (is_in_variable_) {
      ++reported_;
      diagnostics_.push_back({severity::warning, at, "unknown_variable",
                              "variables cannot read each other, so " + pawl::quoted(text) +
                                  " is absent here; repeat its value, or make a rule of it under "
                                  "\"definitions\""});
      return;
    }
    if (vars_.contains(name)) return;
    ++reported_;
    const auto meant = nearest(name, known_);
    diagnostics_.push_back({severity::warning, at, "unknown_variable",
                            "the rule reads " + pawl::quoted(text) + ", but \"vars\" has no " +
                                pawl::quoted(name) +
                                (meant ? "; did you mean " + pawl::quoted(*meant) + "?" : "")});
  }

  static constexpr std::size_t max_reported = 100;

  const json& vars_;
  std::vector<diagnostic>& diagnostics_;
  std::vector<std::string_view> known_;
  std::size_t reported_ = 0;
  bool is_in_variable_ = false;
};

}  // namespace

void check_vars(const definition& flow, std::vector<diagnostic>& diagnostics) {
  if (!flow.vars) return;
  for (const auto& [name, value] : flow.vars->items()) {
    if (!name.empty() && name.find('.') == std::string::npos) continue;
    diagnostics.push_back(
        {severity::error, child_pointer("/vars", name), "bad_name",
         "the name of a variable must not be empty or have dots, not " + pawl::quoted(name)});
  }
  reads_of_vars reads{*flow.vars, diagnostics};
  const auto in_value = [&](std::string_view, const json& value, const std::string& at) {
    reads.in_value(value, at);
  };
  for (const auto& [name, value] : flow.vars->items())
    reads.in_variable(value, child_pointer("/vars", name));
  for (const auto& node : flow.nodes)
    for (const auto& [key, value] : node.data.items())
      for_each_computed(key, value, data_pointer(node, key), in_value);
  for (const auto& edge : flow.edges)
    if (edge.when) reads.in_value(*edge.when, edge.when_pointer);
  if (flow.output) reads.in_value(*flow.output, "/output");
  if (!flow.attributes || !flow.attributes->is_object()) return;
  for (const auto& [name, declared] : flow.attributes->items())
    reads.in_value(declared, child_pointer("/attributes", name));
}

}  // namespace pawl::flow
