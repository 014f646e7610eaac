#include "cli/rule_text.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace pawl::cli {
namespace {

constexpr std::array<std::string_view, 16> infix_operators = {
    "==", "===", "!=", "!==", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "and", "or", "in"};

/// A rule beside an operator: in parentheses, unless it is a value or a variable.
std::string operand_text(const json& rule) {
  const bool is_single = !rule.is_object() || rule.contains("var");
  return is_single ? rule_text(rule) : "(" + rule_text(rule) + ")";
}

template <class Text>
std::string joined_operands(const json& operands, std::string_view between, Text text) {
  std::string all;
  for (const json& each : operands) {
    if (&each != &operands.front()) all += between;
    all += text(each);
  }
  return all;
}

}  // namespace

std::string rule_text(const json& rule) {
  if (rule.is_string()) return rule.get<std::string>();
  if (!rule.is_object() || rule.size() != 1) return rule.dump();
  const std::string& name = rule.begin().key();
  const json& given = rule.begin().value();
  const json operands = given.is_array() ? given : json::array({given});
  if (name == "var") return operands.empty() ? "" : rule_text(operands.front());
  if (name == "!" || name == "!!")
    return name + operand_text(operands.empty() ? json{} : operands.front());
  const bool is_infix =
      std::find(infix_operators.begin(), infix_operators.end(), name) != infix_operators.end();
  if (is_infix && operands.size() > 1)
    return joined_operands(operands, " " + name + " ", operand_text);
  return name + "(" + joined_operands(operands, ", ", rule_text) + ")";
}

}  // namespace pawl::cli
