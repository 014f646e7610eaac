#include "cli/old_engine/old_conditions.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "cli/json_members.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

/// Rules nest in each other only so deep; what is deeper is refused when the flow is compiled.
constexpr std::size_t max_rule_depth = 100;

/// Whether JSONLogic converts a text to a number when it compares it with one.
bool reads_as_number(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos) return true;  // 0
  const char first = text[begin];
  return (first >= '0' && first <= '9') || first == '-' || first == '+' || first == '.';
}

/// Collects what is different in one rule.
class rule_comparison {
 public:
  /// A rule in a place where the previous engine tests a condition.
  void test(const json& rule, std::size_t depth = 0) {
    if (rule.is_boolean() || depth > max_rule_depth) return;
    if (!rule.is_object() || rule.size() != 1) {
      add(one_line(rule) + " is not a rule, which the previous engine took as true");
      return;
    }
    const auto only = rule.begin();
    const std::string& name = only.key();
    const json& operands = only.value();
    if (name == "and" || name == "or") {
      if (!operands.is_array()) return add(called(name) + " without a list failed the run");
      for (const auto& each : operands) test(each, depth + 1);
    } else if (name == "==" || name == ">" || name == ">=" || name == "<") {
      compare(name, operands);
    } else if (name == "!!") {
      unless_installed(name);
      if (operands.is_object() || operands.is_array()) variables_in(operands, depth + 1);
    } else if (name == "var") {
      add(called(name) + " alone was true, whatever the variable had");
      variable(operands);
    } else {
      add(called(name) + " was unknown to the previous engine, which took the rule as true");
    }
  }

  [[nodiscard]] const std::vector<std::string>& reasons() const noexcept { return reasons_; }

 private:
  static std::string called(const std::string& name) { return one_line(name); }

  void add(std::string reason) {
    if (std::find(reasons_.begin(), reasons_.end(), reason) == reasons_.end())
      reasons_.push_back(std::move(reason));
  }

  void unless_installed(const std::string& name) {
    add(called(name) + " was true where the package jsonlogic was not installed");
  }

  void compare(const std::string& name, const json& operands) {
    if (name == "<") unless_installed(name);
    if (!operands.is_array() || operands.size() != 2)
      return add(called(name) + " without two operands failed the run");
    const json& left = operands[0];
    const json& right = operands[1];
    if (is_variable(left)) {
      variable(left.at("var"));
    } else if (left.is_object()) {
      add(called(name) + ": its first operand is a rule, which was not evaluated");
    }
    if (right.is_object()) {
      add(called(name) + ": its second operand is a rule, which was not evaluated");
      if (is_variable(right)) variable(right.at("var"));
      return;
    }
    if (name != "==" && is_variable(left)) {
      add(called(name) + ": a missing or null " + one_line(left.at("var")) +
          " failed the run, and counts as 0 in Pawl");
    }
    types(name, left, right);
  }

  /// Literals that only JSONLogic converts.
  void types(const std::string& name, const json& left, const json& right) {
    for (const json* const value : {&left, &right}) {
      if (name == "==") {
        const bool is_number_text =
            value->is_string() && reads_as_number(value->get_ref<const std::string&>());
        if (is_number_text || value->is_boolean() || value->is_array()) {
          add(called(name) + " with " + one_line(*value) +
              ": values of other types were compared as Python does, and are converted in Pawl");
        }
      } else if (value->is_string() || value->is_null() || value->is_array()) {
        add(called(name) + " with " + one_line(*value) +
            ": a value of another type failed the run, and is converted in Pawl");
      }
    }
  }

  static bool is_variable(const json& value) {
    return value.is_object() && value.size() == 1 && value.contains("var");
  }

  /// Variables anywhere in operands.
  void variables_in(const json& value, std::size_t depth) {
    if (depth > max_rule_depth) return;
    if (is_variable(value)) return variable(value.at("var"));
    if (value.is_structured())
      for (const auto& each : value) variables_in(each, depth + 1);
  }

  void variable(const json& name) {
    if (!name.is_string()) {
      add("\"var\" " + one_line(name) + ": a default or a computed name was not read");
    } else if (const auto& text = name.get_ref<const std::string&>();
               text.empty() || text.find('.') != text.npos) {
      add("\"var\" " + one_line(name) + ": a path was not followed, so it was missing");
    }
  }

  std::vector<std::string> reasons_;
};

void list_rule(const std::string& of, const json& rule, std::vector<std::string>& to) {
  rule_comparison found;
  found.test(rule);
  if (found.reasons().empty()) return;
  std::string text = of + " can come out differently: ";
  for (const auto& reason : found.reasons())
    text += (&reason == &found.reasons().front() ? "" : ", ") + reason;
  to.push_back(std::move(text));
}

}  // namespace

std::vector<std::string> different_conditions(const json& definition) {
  std::vector<std::string> found;
  for (const auto& node : member(definition, "nodes")) {
    if (!node.is_object() || text_in(node, "type") != "condition") continue;
    const json& data = member(node, "data");
    if (!data.is_object() || !data.contains("expr")) continue;
    list_rule("condition " + one_line(text_in(node, "id")), data.at("expr"), found);
  }
  for (const auto& edge : member(definition, "edges")) {
    if (!edge.is_object()) continue;
    const json& data = member(edge, "data");
    const json& rule =
        data.is_object() && data.contains("when") ? data.at("when") : member(edge, "condition");
    if (!rule.is_object()) continue;
    found.push_back("the rule of the edge from " + one_line(text_in(edge, "source")) +
                    " can come out differently: it was true where the package json_logic was not "
                    "installed");
  }
  return found;
}

}  // namespace pawl::cli
