#pragma once

#include <vector>

#include <pawl/run.hpp>

#include "cli/commands/run_columns.hpp"

namespace pawl::cli {

class session;

/// Prints a table of runs. On a terminal it fits the window; elsewhere nothing is truncated. A dash
/// stands for a text that a run does not have.
void print_run_table(session& s, const std::vector<run_column>& columns,
                     const std::vector<run_summary>& runs);

}  // namespace pawl::cli
