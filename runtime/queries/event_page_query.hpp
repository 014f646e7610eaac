#pragma once

#include <cstddef>
#include <optional>

#include <pawl/run.hpp>

#include "runtime/queries/read_budget.hpp"

namespace pawl {

class engine_core;

/// Reads a page of the durable events of a scope, as `scope_events::read`; see `read_to_end`. The
/// core must outlive it. Not thread-safe.
class event_page_query {
 public:
  event_page_query(const engine_core& core, scope_name in, std::optional<journal_position> after,
                   std::size_t limit);

  [[nodiscard]] result<bool> read(read_budget& turn);
  [[nodiscard]] event_page take() { return std::move(page_); }

 private:
  [[nodiscard]] bool is_complete() const noexcept;

  const engine_core& core_;
  scope_name in_;
  std::size_t limit_;
  std::optional<journal_position> after_;  ///< where the last turn ended
  std::size_t transitions_ = 0;            ///< of the page
  std::size_t steps_ = 0;                  ///< transitions read, those of other scopes included
  std::size_t bytes_ = 0;
  event_page page_;
};

}  // namespace pawl
