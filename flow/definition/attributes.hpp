#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <pawl/error.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>
#include <pawl/run_attributes.hpp>

#include "flow/logic/value_template.hpp"

/// The attributes that a flow declares at its top: `"attributes": {"customer": {"var": "name"}}`.
namespace pawl::flow {

/// A compiled declaration.
struct declared_attribute {
  std::string name;
  std::optional<attribute_type> type;          ///< none: that of the value
  std::optional<logic::value_template> value;  ///< none: it is given at the start
};

/// Whether a declaration has the value as its "rule", or none, and not is the value itself.
[[nodiscard]] inline bool is_long_declaration(const json& source) {
  return source.is_object() && (source.contains("rule") || source.contains("type"));
}

/// Compiles the object `attributes` of a flow. Appends diagnostics whose pointers begin with
/// "/attributes": those of `logic::compile_template`, and "wrong_type", "bad_name", "unknown_key",
/// "unknown_type", "missing_key" and "too_many".
[[nodiscard]] std::vector<declared_attribute> compile_attributes(
    const json& source, std::vector<diagnostic>& diagnostics, const logic::limits& allowed);

/// Makes an attribute of what a declared one computes: none of null. Of the type `time` also of a
/// text in RFC 3339 and of a number of seconds since 1970. Errors: as `attribute_from_json`;
/// `invalid_argument` for another type than the declared one.
[[nodiscard]] result<std::optional<attribute_value>> computed_attribute(
    const declared_attribute& declared, const json& value);

/// Checks the attributes of a start against those that its flow declares, and converts texts to
/// declared times. Errors: as `check_attributes`; `invalid_argument` for one that the flow
/// computes, or of another type than the declared one.
[[nodiscard]] result<void> fit_attributes(std::span<const declared_attribute> declared,
                                          attribute_map& given);

}  // namespace pawl::flow
