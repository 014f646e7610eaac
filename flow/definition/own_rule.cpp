#include "flow/definition/own_rule.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <pawl/code_ref.hpp>

#include "flow/definition/known_keys.hpp"
#include "flow/logic/logic.hpp"
#include "flow/values/pointer.hpp"

namespace pawl::flow {
namespace {

void refuse_rule(std::vector<diagnostic>& diagnostics, std::string pointer, const char* code,
                 std::string message) {
  diagnostics.push_back({severity::error, std::move(pointer), code, std::move(message)});
}

bool read_params(const json& source, const std::string& at, std::vector<std::string>& params,
                 std::vector<diagnostic>& diagnostics) {
  const auto written = source.find("params");
  if (written == source.end() || written->is_null()) return true;
  const auto is_name = [](const json& param) {
    return param.is_string() && param != "" &&
           param.get_ref<const std::string&>().find('.') == std::string::npos;
  };
  if (!written->is_array() || !std::all_of(written->begin(), written->end(), is_name)) {
    refuse_rule(diagnostics, at + "/params", "wrong_type",
                "\"params\" must be an array of names: non-empty strings without dots");
    return false;
  }
  for (std::size_t i = 0; i < written->size(); ++i) {
    auto name = (*written)[i].get<std::string>();
    if (std::find(params.begin(), params.end(), name) != params.end()) {
      refuse_rule(diagnostics, at + "/params/" + std::to_string(i), "contradiction",
                  "the parameter " + pawl::quoted(name) + " is named twice");
      return false;
    }
    params.push_back(std::move(name));
  }
  return true;
}

}  // namespace

std::string pointer_of_own_rule(std::string_view name) {
  return child_pointer("/definitions", name);
}

std::optional<own_rule> read_own_rule(const std::string& name, const json& source,
                                      std::vector<diagnostic>& diagnostics) {
  constexpr std::array<std::string_view, 2> keys = {"params", "rule"};
  const std::string at = pointer_of_own_rule(name);
  const auto known = logic::operators();
  if (name.empty() || name == "secret" ||
      std::find(known.begin(), known.end(), name) != known.end()) {
    refuse_rule(
        diagnostics, at, "reserved_name",
        pawl::quoted(name) + " is the name of an operator; give the definition another one");
    return std::nullopt;
  }
  if (!source.is_object()) {
    refuse_rule(diagnostics, at, "wrong_type",
                std::string{"a definition must be an object with \"params\" and \"rule\", not "} +
                    source.type_name());
    return std::nullopt;
  }
  for (const auto& [key, value] : source.items()) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end() || is_annotation(key)) continue;
    refuse_rule(diagnostics, child_pointer(at, key), "unknown_key",
                "unknown key " + pawl::quoted(key) + hint_for_key(key, keys));
  }
  own_rule made;
  const auto rule = source.find("rule");
  if (rule == source.end()) {
    refuse_rule(diagnostics, at, "missing_key",
                "the definition " + pawl::quoted(name) + " needs \"rule\"");
  } else {
    made.rule = *rule;
    made.is_good = true;
  }
  made.is_good = read_params(source, at, made.params, diagnostics) && made.is_good;
  return made;
}

bool may_read(const json& rule, const std::string& param) {
  if (const auto* const text = rule.get_ptr<const std::string*>())
    return *text == param || text->starts_with(param + ".");
  if (!rule.is_structured()) return false;
  if (rule.is_object() && rule.size() == 1 &&
      (rule.begin().key() == "var" || rule.begin().key() == "val")) {
    const json& path = *rule.begin();
    const json& first = path.is_array() && !path.empty() ? path.front() : path;
    if (!first.is_string() || first == "") return true;
  }
  return std::any_of(rule.begin(), rule.end(),
                     [&](const json& part) { return may_read(part, param); });
}

}  // namespace pawl::flow
