#pragma once

#include <cstdint>
#include <optional>

#include <pawl/result.hpp>
#include <pawl/run.hpp>
#include <pawl/time.hpp>

#include "flow/machine/state.hpp"
#include "flow/values/shared_json.hpp"

namespace pawl::actors {

/// How a run has ended, for the parent that waits for it.
struct child_end {
  /// The parent's last attempt that started or resumed the run. None: the run could not be read.
  std::optional<std::uint32_t> attempt;
  std::optional<time_point> created_at;  ///< likewise
  result<flow::shared_json> data;        ///< its data, or why it has none
};

/// The error of a step whose run has failed or was cancelled.
[[nodiscard]] error failed_child(const run_summary& child);

/// What a completed run gives to its parent: its output, else its data.
[[nodiscard]] flow::shared_json what_it_gives(const flow::run_state& completed);

/// The end of a run that has finished. Borrows its data.
[[nodiscard]] child_end end_of(const flow::run_state& run);

}  // namespace pawl::actors
