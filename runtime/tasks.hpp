#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pawl/worker.hpp>

namespace pawl {

/// The call that a task lease identifies.
struct task_place {
  run_id run;
  std::uint32_t token = 0;
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  std::uint64_t lease = 0;
};
/// The part of a task's name that is the id of its run, unchecked; all of it if the name is not one
/// of a poll. It points into the name.
[[nodiscard]] std::string_view run_of_task(std::string_view task) noexcept;

/// Parses a task lease. Error: `invalid_argument`.
[[nodiscard]] result<task_place> parse_task(const task_lease& task);

/// Checks a poll. Error: `invalid_argument`.
[[nodiscard]] result<void> check_poll(const task_poll& wanted);

/// Checks that a worker's outcome can be recorded. If not, the error is recorded as the outcome.
[[nodiscard]] result<void> check_outcome(const task_outcome& outcome, std::size_t max_bytes);

}  // namespace pawl
