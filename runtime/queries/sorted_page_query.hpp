#pragma once

#include <cstddef>
#include <map>
#include <string>

#include <pawl/run_options.hpp>

#include "runtime/queries/found_runs.hpp"
#include "runtime/queries/read_budget.hpp"

namespace pawl {

/// Reads a page of runs in an order by their last event, which no index has: looks at all runs that
/// the filter selects and keeps those of the page. See `read_to_end`. Errors: as
/// `run_page_query`; `invalid_argument` if the filter selects more than `max_sorted_runs`. The core
/// must outlive it. Not thread-safe.
class sorted_page_query {
 public:
  sorted_page_query(const engine_core& core, scope_name in, run_filter filter);

  [[nodiscard]] result<bool> read(read_budget& turn);
  [[nodiscard]] run_page take() { return std::move(page_); }

 private:
  result<void> add(run_summary run, read_budget& turn);
  [[nodiscard]] bool is_before_page(const std::string& place) const;
  void end_page();

  std::size_t limit_;
  bool reverse_;  ///< the earliest first
  found_runs found_;
  std::size_t steps_ = 0;
  std::size_t runs_ = 0;                      ///< that fit, on whatever page
  std::map<std::string, run_summary> first_;  ///< of those after the cursor, one more than a page
  run_page page_;
};

}  // namespace pawl
