#pragma once

#include <cstddef>

#include <pawl/run_options.hpp>

#include "runtime/queries/found_runs.hpp"
#include "runtime/queries/read_budget.hpp"

namespace pawl {

/// Reads a page of runs; see `read_to_end`. Errors: `invalid_argument` (filter, cursor, limit),
/// `unavailable`, those of the store. The core must outlive it. Not thread-safe.
class run_page_query {
 public:
  run_page_query(const engine_core& core, scope_name in, run_filter filter);

  [[nodiscard]] result<bool> read(read_budget& turn);
  [[nodiscard]] run_page take() { return std::move(page_); }

 private:
  std::size_t limit_;
  found_runs found_;
  std::size_t steps_ = 0;
  run_page page_;
};

/// Counts the runs that a filter selects, as `run_page_query` reads a page.
class run_count_query {
 public:
  run_count_query(const engine_core& core, scope_name in, run_filter filter);

  [[nodiscard]] result<bool> read(read_budget& turn);
  [[nodiscard]] run_total take() { return std::move(total_); }

 private:
  result<void> read_counters();

  scope_name in_;
  found_runs found_;
  bool begun_ = false;
  std::size_t steps_ = 0;
  run_total total_;
};

}  // namespace pawl
