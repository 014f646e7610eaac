#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <pawl/error.hpp>
#include <pawl/json.hpp>

#include "flow/definition/definition.hpp"
#include "flow/definition/written_places.hpp"

/// The stored form of the previous engine's builder. A definition says that it is in this form with
/// `"dialect": "old"`.
namespace pawl::flow {

/// The key of a definition that names the form in which it is written, and the value for this form.
inline constexpr const char* dialect_key = "dialect";
inline constexpr const char* old_dialect = "old";

[[nodiscard]] bool is_old_form(const json& source);

/// The same definition, of that form.
[[nodiscard]] json marked_as_old_form(json stored);

/// A definition in the long form, made from the stored form.
struct old_form {
  json definition;
  written_places places;
};

/// Whether a diagnostic says what the translation has dropped.
[[nodiscard]] bool is_of_old_form(const diagnostic& d);

/// Translates a definition in the stored form, which `check_document` has accepted. Keeps what the
/// previous engine read: name, nodes, their `code_ref`, `args` and `expr`, edges and their `when`.
/// Drops other keys, nulls, and nodes that no path from the first start node reaches, such as a
/// second one; appends a warning for each, at most 20. Names of functions that Pawl refuses are
/// changed as `old_code_ref` does. What is not of that form, or exceeds `allowed`, stays as it is,
/// for `parse_definition` and the checks of the graph to refuse. Takes time in proportion to the
/// size of the form. Pure.
[[nodiscard]] old_form from_old_form(const json& stored, const limits& allowed,
                                     std::vector<diagnostic>& diagnostics);

/// A name of the previous engine as a name of Pawl: `text.` and the UTF-8 of the name with `-2f`
/// for each byte that is not a letter, a digit or `_`, so that different names stay different.
[[nodiscard]] std::string escaped_old_name(std::string_view old);
[[nodiscard]] constexpr std::string_view escaped_old_prefix() noexcept {
  return "text.";
}
/// A name of a function: as it is if Pawl allows it, else escaped. The Python package
/// `pawl.legacy` registers functions under the same names.
[[nodiscard]] std::string old_code_ref(std::string_view old);

}  // namespace pawl::flow
