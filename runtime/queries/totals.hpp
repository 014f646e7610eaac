#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include <pawl/engine.hpp>

#include "runtime/queries/read_budget.hpp"
#include "runtime/queries/reading.hpp"

namespace pawl {

/// Reads what a store holds, in all scopes together: counters, and the entries of leased tasks; see
/// `read_to_end`. Errors: `unavailable`, those of the store. The core must outlive it. Not
/// thread-safe.
class totals_query {
 public:
  explicit totals_query(const engine_core& core);

  [[nodiscard]] result<bool> read(read_budget& turn);
  [[nodiscard]] engine_totals take() { return std::move(totals_); }

 private:
  const engine_core& core_;
  std::optional<reading> from_;  ///< one for all turns, so that each run is counted once
  std::size_t part_ = 0;         ///< of what is counted, the one that is read
  std::string last_;             ///< the last key of the part that was read; empty: none
  engine_totals totals_;
};

}  // namespace pawl
