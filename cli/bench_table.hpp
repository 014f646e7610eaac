#pragma once

#include <string>

#include <pawl/json.hpp>

#include "bench/compare.hpp"

/// The results of `pawl bench` as text for people. Pure.
namespace pawl::cli {

/// The machine, a line for each result, and the table of a suite. Lines end in a line break.
[[nodiscard]] std::string bench_table(const json& document);

/// A line for each figure of each workload that two documents have in common.
[[nodiscard]] std::string bench_changes(const bench::comparison& all);

}  // namespace pawl::cli
