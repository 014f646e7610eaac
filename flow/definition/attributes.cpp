#include "flow/definition/attributes.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <pawl/code_ref.hpp>

#include "flow/definition/known_keys.hpp"
#include "flow/logic/logic.hpp"
#include "flow/values/pointer.hpp"

namespace pawl::flow {
namespace {

constexpr std::array<std::string_view, 3> declaration_keys = {"rule", "type", "description"};

/// Compiles one declaration.
class attribute_compiler {
 public:
  attribute_compiler(std::string pointer, std::vector<diagnostic>& diagnostics,
                     const logic::limits& allowed)
      : pointer_(std::move(pointer)), diagnostics_(diagnostics), allowed_(allowed) {}

  declared_attribute compile(const std::string& name, const json& source) {
    declared_attribute made{name, std::nullopt, std::nullopt};
    if (const auto good = check_attribute_name(name); !good)
      fail(pointer_, "bad_name", good.error().message);
    if (!is_long_declaration(source)) {
      made.value = compile_value(source, pointer_);
      return made;
    }
    for (const auto& [key, value] : source.items()) {
      const auto& known = declaration_keys;
      if (std::find(known.begin(), known.end(), key) != known.end() || is_annotation(key)) continue;
      fail(child_pointer(pointer_, key), "unknown_key",
           "unknown key " + pawl::quoted(key) + hint_for_key(key, known));
    }
    made.type = read_type(source);
    const auto rule = source.find("rule");
    if (rule != source.end()) made.value = compile_value(*rule, pointer_ + "/rule");
    return made;
  }

 private:
  void fail(std::string pointer, std::string code, std::string message) {
    diagnostics_.push_back(
        {severity::error, std::move(pointer), std::move(code), std::move(message)});
  }

  logic::value_template compile_value(const json& source, const std::string& pointer) {
    // What is built of members or items cannot be an attribute.
    if (source.is_array() || (source.is_object() && !logic::is_rule(source))) {
      fail(pointer, "wrong_type",
           "the value of an attribute is a rule, a text, a number or a boolean" +
               std::string{source.is_object() && source.size() == 1
                               ? "; unknown operator " + pawl::quoted(source.begin().key())
                               : ""});
      return {};
    }
    return logic::compile_template(source, pointer, diagnostics_, allowed_);
  }

  std::optional<attribute_type> read_type(const json& source) {
    const auto type = source.find("type");
    if (type == source.end() || type->is_null()) return std::nullopt;
    if (type->is_string())
      if (const auto known = parse_attribute_type(type->get_ref<const std::string&>()))
        return known;
    fail(pointer_ + "/type", "unknown_type",
         R"(the "type" of an attribute is "text", "number", "boolean" or "time")");
    return std::nullopt;
  }

  const std::string pointer_;
  std::vector<diagnostic>& diagnostics_;
  const logic::limits& allowed_;
};

const declared_attribute* find_declared(std::span<const declared_attribute> declared,
                                        std::string_view name) {
  const auto found = std::find_if(declared.begin(), declared.end(),
                                  [&](const auto& each) { return each.name == name; });
  return found == declared.end() ? nullptr : &*found;
}

error wrong_attribute_type(attribute_type wanted, attribute_type given) {
  return {errc::invalid_argument, "the value must be " + std::string{noun_of(wanted)} + ", not " +
                                      std::string{noun_of(given)}};
}

/// The value as a declared type has it.
result<attribute_value> fitted(std::optional<attribute_type> wanted, attribute_value value) {
  if (auto* const time = std::get_if<time_point>(&value)) *time = in_milliseconds(*time);
  if (!wanted || attribute_type_of(value) == *wanted) return value;
  if (const auto* const text = std::get_if<std::string>(&value);
      text != nullptr && *wanted == attribute_type::time) {
    const auto time = parse_rfc3339(*text);
    if (!time) return time.error();
    return attribute_value{in_milliseconds(*time)};
  }
  return wrong_attribute_type(*wanted, attribute_type_of(value));
}

}  // namespace

std::vector<declared_attribute> compile_attributes(const json& source,
                                                   std::vector<diagnostic>& diagnostics,
                                                   const logic::limits& allowed) {
  std::vector<declared_attribute> declared;
  const std::string pointer = "/attributes";
  const auto fail = [&](const char* code, std::string message) {
    diagnostics.push_back({severity::error, pointer, code, std::move(message)});
    return declared;
  };
  if (!source.is_object()) {
    return fail("wrong_type", std::string{"\"attributes\" must be an object with names as keys, "
                                          "not "} +
                                  source.type_name());
  }
  if (source.size() > max_attributes) {
    return fail("too_many", "a flow declares at most " + std::to_string(max_attributes) +
                                " attributes, not " + std::to_string(source.size()));
  }
  for (const auto& [name, declaration] : source.items()) {
    attribute_compiler compiler{child_pointer(pointer, name), diagnostics, allowed};
    declared.push_back(compiler.compile(name, declaration));
  }
  return declared;
}

result<std::optional<attribute_value>> computed_attribute(const declared_attribute& declared,
                                                          const json& value) {
  if (value.is_null()) return std::optional<attribute_value>{};
  if (declared.type == attribute_type::time && value.is_number()) {
    const double us = value.get<double>() * 1e6;
    constexpr double most = 4e17;  // beyond the year 9999
    const attribute_value time =
        from_unix_us(us > -most && us < most ? static_cast<std::int64_t>(us) : INT64_MAX);
    if (const auto good = check_attribute(time); !good) return good.error();
    return std::optional{attribute_value{in_milliseconds(std::get<time_point>(time))}};
  }
  auto made = attribute_from_json(value);
  if (made) made = fitted(declared.type, *std::move(made));
  if (!made) return std::move(made).error();
  return std::optional{*std::move(made)};
}

result<void> fit_attributes(std::span<const declared_attribute> declared, attribute_map& given) {
  if (given.empty()) return {};
  if (auto good = check_attributes(given); !good) return good;
  std::size_t all = declared.size();
  for (auto& [name, value] : given) {
    const declared_attribute* const known = find_declared(declared, name);
    if (known == nullptr) ++all;
    const std::string what = "attribute " + pawl::quoted(name) + ": ";
    if (known != nullptr && known->value)
      return error{errc::invalid_argument, what + "the flow computes it; do not give it"};
    auto fit = fitted(known == nullptr ? std::nullopt : known->type, value);
    if (!fit) return error{fit.error().code, what + fit.error().message};
    value = *std::move(fit);
  }
  if (all <= max_attributes) return {};
  return error{errc::limit_exceeded,
               "the run would have " + std::to_string(all) +
                   " attributes with those that its flow declares; the maximum is " +
                   std::to_string(max_attributes)};
}

}  // namespace pawl::flow
