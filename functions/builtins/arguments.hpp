#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <pawl/error.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>

#include "flow/definition/compiled.hpp"

namespace pawl::functions {

/// The type of an argument of a built-in function.
enum class argument_type : std::uint8_t {
  any,
  text,
  number,
  integer,
  flag,    ///< a boolean
  texts,   ///< an array of strings
  list,    ///< an array
  object,  ///< an object
};

/// An argument of a built-in function.
struct argument {
  std::string_view name;
  argument_type type = argument_type::any;
  bool required = false;
  std::span<const std::string_view> words = {};  ///< allowed values of a text; none: any
  /// What the function checks of a value of this type: the check of the function itself. Null:
  /// nothing.
  result<void> (*check)(const json& value) = nullptr;
};

/// The arguments of a built-in function that names them. Each is defined beside its function.
struct argument_table {
  std::string_view code_ref;
  std::span<const argument> arguments;
  std::span<const std::string_view> alternatives = {};  ///< at most one of these may be given
  bool needs_alternative = false;                       ///< exactly one
};

/// The tables of all built-in functions that name their arguments.
[[nodiscard]] std::span<const argument_table* const> argument_tables() noexcept;

/// Appends a warning, "bad_argument", for each argument with which a call of a built-in function in
/// a flow surely fails: an unknown name, a literal of the wrong type or with a value that the
/// function refuses, a missing argument, or two that exclude each other. The values of `with` are
/// unknown; only their names are checked.
void check_built_in_calls(const flow::definition& flow, std::vector<diagnostic>& diagnostics);
/// The same for a compiled flow; the warnings are added to its diagnostics.
void check_built_in_calls(flow::compilation& compiled);

namespace builtins {

extern const argument_table exec_arguments, fail_arguments, http_arguments, log_arguments,
    sleep_arguments;

}  // namespace builtins
}  // namespace pawl::functions
