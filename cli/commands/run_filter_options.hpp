#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <pawl/run_options.hpp>

#include "cli/session.hpp"

namespace pawl::cli {

/// The arguments of a command that filters runs.
struct run_filter_options {
  std::vector<std::string> where;  ///< the words of a filter
  std::optional<std::string> status;
  std::optional<std::string> flow;
  bool explain = false;
};

/// Adds `FILTER...` and `--explain`.
void add_filter_words(CLI::App& to, run_filter_options& options);
/// Adds these, `--status` and `--flow`.
void add_run_filter(CLI::App& to, run_filter_options& options);

/// The filter that the arguments describe. Errors: `invalid_argument`.
[[nodiscard]] result<run_filter> parse_run_filter(const run_filter_options& options);

/// "index: flow, status; keys read: 120"
[[nodiscard]] std::string search_text(const run_search& search);

/// "No runs have failed.", "No run fits the filter."
[[nodiscard]] std::string no_runs_text(const run_filter_options& options);

}  // namespace pawl::cli
