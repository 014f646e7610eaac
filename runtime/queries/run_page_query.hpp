#pragma once

#include <cstddef>
#include <string>

#include <pawl/run_options.hpp>

#include "runtime/queries/read_budget.hpp"

namespace pawl {

class engine_core;

/// Reads a page of runs, newest first; see `read_to_end`. Errors: `invalid_argument` (cursor,
/// limit), `unavailable`, those of the store. The core must outlive it. Not thread-safe.
class run_page_query {
 public:
  run_page_query(const engine_core& core, scope_name in, run_filter filter);

  [[nodiscard]] result<bool> read(read_budget& turn);
  [[nodiscard]] run_page take() { return std::move(page_); }

 private:
  const engine_core& core_;
  scope_name in_;
  run_filter filter_;
  bool begun_ = false;
  std::string after_;  ///< where the last turn ended, as `run_list::entry::order`
  std::size_t records_ = 0;
  run_page page_;
};

}  // namespace pawl
