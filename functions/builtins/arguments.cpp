#include "functions/builtins/arguments.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include <pawl/code_ref.hpp>
#include <pawl/suggest.hpp>

#include "flow/logic/logic.hpp"
#include "flow/values/pointer.hpp"

namespace pawl::functions {
namespace {

constexpr std::array all_tables = {&builtins::exec_arguments, &builtins::fail_arguments,
                                   &builtins::http_arguments, &builtins::log_arguments,
                                   &builtins::sleep_arguments};

bool is_integer(const json& value) {
  if (!value.is_number_float()) return value.is_number();
  const auto number = value.get<double>();
  return std::trunc(number) == number;
}

bool has_type(const json& value, argument_type type) {
  switch (type) {
    case argument_type::any:
      return true;
    case argument_type::text:
      return value.is_string();
    case argument_type::number:
      return value.is_number();
    case argument_type::integer:
      return is_integer(value);
    case argument_type::flag:
      return value.is_boolean();
    case argument_type::texts:
      return value.is_array() && std::all_of(value.begin(), value.end(),
                                             [](const json& item) { return item.is_string(); });
    case argument_type::list:
      return value.is_array();
    case argument_type::object:
      return value.is_object();
  }
  return true;
}

const char* phrase(argument_type type) {
  switch (type) {
    case argument_type::text:
      return "a string";
    case argument_type::number:
      return "a number";
    case argument_type::integer:
      return "a whole number";
    case argument_type::flag:
      return "true or false";
    case argument_type::texts:
      return "an array of strings";
    case argument_type::list:
      return "an array";
    case argument_type::object:
      return "an object";
    case argument_type::any:
      break;
  }
  return "a value";
}

std::string list_of(std::span<const std::string_view> words) {
  std::string all;
  for (const auto word : words) all += (all.empty() ? "\"" : ", \"") + std::string{word} + "\"";
  return all;
}

/// Checks one call: the `data` of a task, or its `compensate`.
class call_checker {
 public:
  call_checker(const flow::node_definition& node, const argument_table& table, const json& data,
               std::string at, std::vector<diagnostic>& diagnostics)
      : node_(node), table_(table), data_(data), at_(std::move(at)), diagnostics_(diagnostics) {}

  void check() {
    for (const char* const part : {"args", "with"}) {
      const auto given = data_.find(part);
      if (given == data_.end() || !given->is_object()) continue;
      for (const auto& [name, value] : given->items()) {
        const std::string at = flow::child_pointer(at_ + "/" + part, name);
        if (const auto* const known = find(name)) {
          if (part[0] == 'a' && !is_given("with", name)) check_value(*known, value, at);
        } else {
          warn_unknown(name, at);
        }
      }
    }
    for (const auto& each : table_.arguments)
      if (each.required && !is_given(each.name))
        warn(at_, "needs the argument " + pawl::quoted(each.name));
    check_alternatives();
  }

 private:
  void warn(std::string pointer, const std::string& message) {
    diagnostics_.push_back(
        {severity::warning, std::move(pointer), "bad_argument",
         "node " + pawl::quoted(node_.id) + ": " + std::string{table_.code_ref} + " " + message});
  }

  [[nodiscard]] const argument* find(std::string_view name) const {
    const auto found = std::find_if(table_.arguments.begin(), table_.arguments.end(),
                                    [&](const argument& each) { return each.name == name; });
    return found == table_.arguments.end() ? nullptr : &*found;
  }

  [[nodiscard]] bool is_given(const char* part, std::string_view name) const {
    const auto given = data_.find(part);
    if (given == data_.end() || !given->is_object()) return false;
    const auto value = given->find(name);
    return value != given->end() && !value->is_null();
  }
  [[nodiscard]] bool is_given(std::string_view name) const {
    return is_given("args", name) || is_given("with", name);
  }

  void check_value(const argument& known, const json& value, const std::string& at) {
    if (value.is_null() || flow::logic::is_rule(value)) return;  // the flow warns of the rule
    if (!has_type(value, known.type)) {
      warn(at, "needs " + std::string{phrase(known.type)} + " as " + pawl::quoted(known.name) +
                   ", not " + value.type_name());
    } else if (!known.words.empty() && std::find(known.words.begin(), known.words.end(),
                                                 value.get<std::string>()) == known.words.end()) {
      const auto meant = nearest(value.get<std::string>(), known.words);
      warn(at, "needs one of " + list_of(known.words) + " as " + pawl::quoted(known.name) +
                   (meant ? "; did you mean " + pawl::quoted(*meant) + "?" : ""));
    } else if (known.check != nullptr) {
      if (const auto good = known.check(value); !good) warn(at, "fails: " + good.error().message);
    }
  }

  void warn_unknown(const std::string& name, const std::string& at) {
    std::vector<std::string_view> names;
    for (const auto& each : table_.arguments) names.push_back(each.name);
    const auto meant = nearest(name, names);
    warn(at, "has no argument " + pawl::quoted(name) +
                 (meant ? "; did you mean " + pawl::quoted(*meant) + "?"
                        : "; its arguments are " + list_of(names)));
  }

  void check_alternatives() {
    const auto count = std::count_if(table_.alternatives.begin(), table_.alternatives.end(),
                                     [&](std::string_view name) { return is_given(name); });
    // A computed argument may be left out.
    if (count > 1 && std::all_of(table_.alternatives.begin(), table_.alternatives.end(),
                                 [&](std::string_view name) { return !is_given("with", name); }))
      warn(at_ + "/args", "takes only one of " + list_of(table_.alternatives));
    if (count == 0 && table_.needs_alternative)
      warn(at_, "needs one of " + list_of(table_.alternatives));
  }

  const flow::node_definition& node_;
  const argument_table& table_;
  const json& data_;
  std::string at_;
  std::vector<diagnostic>& diagnostics_;
};

void check_call(const flow::node_definition& node, const json& data, std::string at,
                std::vector<diagnostic>& diagnostics) {
  const auto code_ref = data.find("code_ref");
  if (code_ref == data.end() || !code_ref->is_string()) return;
  for (const auto* const table : all_tables)
    if (*code_ref == table->code_ref)
      call_checker{node, *table, data, std::move(at), diagnostics}.check();
}

}  // namespace

std::span<const argument_table* const> argument_tables() noexcept {
  return all_tables;
}

void check_built_in_calls(const flow::definition& flow, std::vector<diagnostic>& diagnostics) {
  for (const auto& node : flow.nodes) {
    if (!node.data.is_object()) continue;
    const std::string at = node.pointer + "/data";
    if (node.type == "task") check_call(node, node.data, at, diagnostics);
    if (const auto found = node.data.find("compensate");
        found != node.data.end() && found->is_object())
      check_call(node, *found, at + "/compensate", diagnostics);
  }
}

void check_built_in_calls(flow::compilation& compiled) {
  const std::size_t first = compiled.diagnostics.size();
  check_built_in_calls(compiled.source, compiled.diagnostics);
  compiled.places.apply(compiled.diagnostics, first);
}

}  // namespace pawl::functions
