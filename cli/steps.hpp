#pragma once

#include <optional>
#include <string>
#include <vector>

#include <pawl/run.hpp>

namespace pawl::cli {

/// One attempt of one visit of a task, derived from a run's history.
struct step {
  std::string node;
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  std::uint32_t calls = 1;  ///< more than one if the process or the worker of a call was lost
  std::string status;       ///< "running", "completed", "failed", "abandoned" (the run ended first)
  time_point started_at{};
  std::optional<time_point> finished_at;
  std::optional<std::int64_t> duration_us;
  std::string error_type;
  std::string error_message;
};

/// The steps of a run in the order in which they started. A call repeated after a crash is the same
/// step, and counted.
[[nodiscard]] std::vector<step> steps_of(const std::vector<history_event>& history,
                                         run_status status);

[[nodiscard]] json to_json(const step& s);

}  // namespace pawl::cli
