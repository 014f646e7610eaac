#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <pawl/json.hpp>

#include "flow/definition/definition.hpp"

namespace pawl::flow {

/// A definition made from the stored form of the previous engine's builder.
struct old_form {
  json definition;
  std::vector<std::string> warnings;  ///< what was dropped; at most 20
};

/// Keeps what the previous engine read: names, nodes, their `code_ref`, `args` and `expr`, edges
/// and their `when`. Drops other keys, nulls, and nodes that no path from the first start node
/// reaches, such as those of a second one. Names of functions that Pawl refuses are changed as
/// `old_code_ref` does. What is not of that form, or exceeds `allowed`, stays as it is, for
/// `compile` to refuse. Takes time in proportion to the size of the form. Pure.
[[nodiscard]] old_form from_old_form(const json& stored, const std::string& name,
                                     const limits& allowed);

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
