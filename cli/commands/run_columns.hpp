#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/run.hpp>

#include "cli/terminal.hpp"

namespace pawl::cli {

/// A column of a list of runs.
struct run_column {
  std::string name;     ///< as `--columns` has it
  std::string heading;  ///< printable
  /// The printable text of a run; empty: it has none.
  std::function<std::string(const run_summary& run, time_point now)> text;
  std::size_t width = 0;  ///< never narrower
  bool right = false;     ///< aligned to the right
  bool shrinks = false;   ///< can be truncated to fit a terminal
  bool optional = false;  ///< as the last one: not shown for a run without a text
};

/// The columns with these names, separated by commas: "id,status,attr.customer". Error:
/// `invalid_argument` (a name is unknown or given twice, or there is none); lists all names.
[[nodiscard]] result<std::vector<run_column>> parse_run_columns(std::string_view names);

/// Those of a list for which none were chosen: on a terminal with the age of the runs, elsewhere
/// with the time of their creation.
[[nodiscard]] std::vector<run_column> default_run_columns(bool live);

/// "id, status, flow, …, attr.NAME"
[[nodiscard]] std::string all_run_columns();

/// The colour of a status.
[[nodiscard]] tint tint_of(run_status status) noexcept;

}  // namespace pawl::cli
