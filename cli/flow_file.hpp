#pragma once

#include <string>
#include <vector>

#include <pawl/functions.hpp>
#include <pawl/result.hpp>
#include <pawl/settings.hpp>

#include "flow/definition/compiled.hpp"
#include "server/yaml/parse_yaml.hpp"

namespace pawl::cli {

/// A flow definition read from a file, with its diagnostics.
struct flow_file {
  std::string name;  ///< of the file, for messages
  std::string text;
  bool yaml = false;          ///< the text is YAML, not JSON
  json source;                ///< what the text says
  server::yaml_place places;  ///< of YAML
  flow::compilation compiled;

  /// True if the definition has no errors. Does not cover unknown functions.
  [[nodiscard]] bool valid() const noexcept { return compiled.flow != nullptr; }
};

/// Whether a name ends as those of flow files do: .json, .yaml or .yml.
[[nodiscard]] bool has_flow_extension(const std::string& name);

/// Reads and compiles a flow from a file, or from standard input for "-". A file whose name ends in
/// .yaml or .yml is YAML, and so is standard input that begins with neither "{" nor "[". Succeeds
/// for an invalid flow too; see `flow_file::valid`. Errors: as `read_text`; `invalid_flow` with
/// line and column for malformed JSON or YAML.
[[nodiscard]] result<flow_file> read_flow_file(const std::string& file, const settings& s);

/// One diagnostic for each task whose `code_ref` is not in `known`, with a suggestion.
[[nodiscard]] std::vector<diagnostic> unknown_functions(const flow_file& flow,
                                                        const std::vector<function_info>& known,
                                                        severity level);

/// "backup.json:4:27: error: unknown node type … (/nodes/2/type)", printable.
[[nodiscard]] std::string describe(const flow_file& flow, const diagnostic& d);

/// The same for a file that is not JSON or YAML: "backup.json:4:27: error: not valid JSON: …",
/// printable.
[[nodiscard]] std::string describe_malformed(const std::string& file, const error& why);

/// Number of diagnostics that are errors.
[[nodiscard]] std::size_t error_count(const std::vector<diagnostic>& diagnostics) noexcept;

}  // namespace pawl::cli
