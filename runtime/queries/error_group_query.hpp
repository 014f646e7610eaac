#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include <pawl/run_errors.hpp>

#include "runtime/queries/found_runs.hpp"
#include "runtime/queries/read_budget.hpp"

namespace pawl {

/// Groups the errors of failed runs, as `scope_errors::read`; see `read_to_end`. The core must
/// outlive it. Not thread-safe.
class error_group_query {
 public:
  error_group_query(const engine_core& core, scope_name in, run_filter filter, std::size_t limit);

  [[nodiscard]] result<bool> read(read_budget& turn);
  [[nodiscard]] run_error_groups take();

 private:
  void add(const run_summary& run);

  std::size_t limit_;
  found_runs found_;
  std::size_t steps_ = 0;
  std::map<std::pair<std::string, std::string>, run_error_group> groups_;  ///< by type and node
  run_error_groups all_;
};

}  // namespace pawl
