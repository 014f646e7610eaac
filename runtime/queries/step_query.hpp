#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <pawl/run_history.hpp>

#include "flow/definition/compiled.hpp"
#include "runtime/queries/read_budget.hpp"
#include "runtime/queries/reading.hpp"
#include "runtime/queries/step_rows.hpp"

namespace pawl {

/// Reads a page of the steps of a run; see `read_to_end`. First the checkpoints where its steps
/// start, then the state of the run, for the steps that have not ended, then the later checkpoints
/// until all others have. Errors: `invalid_argument`, `not_found`, `unavailable`, those of the
/// store. The core must outlive it. Not thread-safe.
class step_query {
 public:
  step_query(const engine_core& core, run_key key, step_options options);

  [[nodiscard]] result<bool> read(read_budget& turn);
  [[nodiscard]] step_page take();

 private:
  /// What it reads next.
  enum class part : std::uint8_t { starts, state, ends };

  result<void> begin(const reading& r);
  [[nodiscard]] result<bool> read_starts(const reading& r, read_budget& turn);
  result<void> read_state(const reading& r);
  [[nodiscard]] result<bool> read_ends(const reading& r, read_budget& turn);

  const engine_core& core_;
  run_key key_;
  step_options options_;
  std::shared_ptr<const flow::compiled_flow> flow_;
  std::optional<step_rows> rows_;
  part reads_ = part::starts;
  std::uint64_t at_;          ///< the checkpoint to read next
  std::uint64_t newest_ = 0;  ///< the newest one with starts that was read
  std::size_t found_ = 0;     ///< starts
  std::size_t bytes_ = 0;     ///< read for them
  std::size_t checkpoints_ = 0;
  std::vector<flow::delta> back_;  ///< read with `newest_first`, newest first
  std::uint64_t next_ = 0;
};

}  // namespace pawl
