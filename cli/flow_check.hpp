#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/flow_file.hpp"
#include "cli/session.hpp"

namespace pawl::cli {

/// How strictly a command checks a flow, and which functions exist besides those that are found.
struct flow_check {
  bool strict = false;                        ///< warnings are errors
  std::vector<std::string> worker_functions;  ///< functions of workers, or "a,b" lists of them
};

/// Adds `--strict` and `--worker-function`.
void add_flow_check(CLI::App& to, flow_check& check);

/// The functions that a flow can call: the built-in ones and those of `check`; with `from_server`
/// those of the server and of its workers in place of the built-in ones. Errors: as
/// `session::available_functions`; `invalid_argument` for a name that no function can have.
[[nodiscard]] result<std::vector<function_info>> known_functions(session& s, const settings& used,
                                                                 const flow_check& check,
                                                                 bool from_server);

/// Fails if diagnostics forbid to use the flow. `outcome`: "no run was started".
[[nodiscard]] result<void> check_diagnostics(const flow_file& flow,
                                             const std::vector<diagnostic>& diagnostics,
                                             const flow_check& check, const std::string& outcome);

/// Reads a flow that must be valid, and prints its diagnostics. Errors: as `read_flow_file`;
/// `invalid_flow` if it has an error.
[[nodiscard]] result<flow_file> read_valid_flow(const std::string& file, const settings& used,
                                                const std::string& outcome);

}  // namespace pawl::cli
