#pragma once

#include <string>
#include <vector>

#include <pawl/functions.hpp>
#include <pawl/result.hpp>
#include <pawl/settings.hpp>

#include "flow/definition/compiled.hpp"

namespace pawl::cli {

/// A flow definition as its file has it, and everything that is wrong with it.
struct flow_file {
  std::string name;  ///< of the file, for messages
  std::string text;
  json source;
  flow::compilation compiled;

  /// True if it can be run as far as the definition alone can tell.
  [[nodiscard]] bool valid() const noexcept { return compiled.flow != nullptr; }
};

/// Reads a flow from a file, or from standard input for "-", and checks it. An invalid flow is no
/// error here. Errors: as `read_text`; `invalid_flow` with line and column for what is no JSON.
[[nodiscard]] result<flow_file> read_flow_file(const std::string& file, const settings& s);

/// A diagnostic for every node whose `code_ref` is none of `known`, with the nearest one.
[[nodiscard]] std::vector<diagnostic> unknown_functions(const flow_file& flow,
                                                        const std::vector<function_info>& known,
                                                        severity level);

/// "backup.json:4:27: error: there is no node type … (/nodes/2/type)", safe to print.
[[nodiscard]] std::string describe(const flow_file& flow, const diagnostic& f);

/// How many diagnostics are errors.
[[nodiscard]] std::size_t error_count(const std::vector<diagnostic>& diagnostics) noexcept;

}  // namespace pawl::cli
