#pragma once

#include <cstddef>
#include <cstdint>

#include <pawl/worker.hpp>

namespace pawl {

/// What a worker's texts name.
struct task_place {
  run_id run;
  std::uint32_t token = 0;
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  std::uint64_t lease = 0;
};
/// Error: `invalid_argument`.
[[nodiscard]] result<task_place> parse_task(const task_lease& task);

/// Error: `invalid_argument` for what a poll may not ask.
[[nodiscard]] result<void> check_poll(const task_poll& wanted);

/// Whether a worker's outcome can be recorded as it is. The error is the failure to record instead.
[[nodiscard]] result<void> check_outcome(const task_outcome& outcome, std::size_t max_bytes);

}  // namespace pawl
