#pragma once

#include <pawl/scopes.hpp>

#include "runtime/queries/read_budget.hpp"

namespace pawl {

class engine_core;

/// Reads a page of scopes; see `read_to_end`. Each scope costs two searches for a key, however much
/// it has. The core must outlive it. Not thread-safe.
class scope_list_query {
 public:
  scope_list_query(const engine_core& core, scope_list_options how);

  [[nodiscard]] result<bool> read(read_budget& turn);
  [[nodiscard]] scope_page take() { return std::move(page_); }

 private:
  const engine_core& core_;
  scope_list_options how_;
  scope_name last_;  ///< after which the search continues
  scope_page page_;
};

}  // namespace pawl
