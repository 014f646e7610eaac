#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <pawl/run_statistics.hpp>

#include "persistence/keys.hpp"
#include "runtime/queries/read_budget.hpp"
#include "runtime/queries/reading.hpp"

namespace pawl {

/// Reads the statistics of a scope from its counters; see `read_to_end`. Errors: as
/// `scope_statistics::read`. The core must outlive it. Not thread-safe.
class statistics_query {
 public:
  statistics_query(const engine_core& core, scope_name in, statistics_options options);

  [[nodiscard]] result<bool> read(read_budget& turn);
  [[nodiscard]] run_statistics take() { return std::move(made_); }

 private:
  result<void> begin();
  result<void> read_totals();
  [[nodiscard]] result<bool> read_hours(read_budget& turn);
  void add(const persistence::keys::counted_hour& what, std::uint64_t runs);
  void end_day();
  void add_older();

  const engine_core& core_;
  scope_name in_;
  statistics_options options_;
  std::optional<reading> from_;  ///< one for all turns, so that each run is counted once
  std::string last_;             ///< the counter that was read last; empty: none
  std::uint32_t day_ = 0;        ///< that is being added up, since 1970
  std::map<flow_name, run_activity> flows_;  ///< of this day
  run_statistics made_;
};

}  // namespace pawl
