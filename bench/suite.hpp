#pragma once

#include <pawl/json.hpp>
#include <pawl/result.hpp>

#include "bench/run.hpp"

namespace pawl::bench {

/// Measures the rows of the table in docs/cli.md, each next to its reference: the document of
/// `run` with a `table`, an array of objects with `what`, `value`, `unit`, and where there is one
/// `reference`, `reference_value` and `share`. `options.in_flight`, `rate` and `server` are not
/// used; `items` limits the workloads with a fixed amount of work. Errors as `run`.
[[nodiscard]] result<json> run_suite(const run_options& options);

}  // namespace pawl::bench
