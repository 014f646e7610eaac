#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <pawl/json.hpp>
#include <pawl/result.hpp>
#include <pawl/run_logs.hpp>

#include "persistence/run_log.hpp"

namespace pawl::cli {

/// The log of a run of the previous engine, and what it says about its end.
struct old_log {
  std::deque<run_log_line> lines;  ///< the newest ones within the limits, oldest first
  std::size_t bytes = 0;           ///< their size, about
  std::uint64_t dropped = 0;       ///< older lines, beyond the limits
  std::uint64_t damaged = 0;       ///< lines that are not JSON objects, or too long
  std::string last_node;
  std::string error;       ///< the last line of level ERROR or above
  std::string error_node;  ///< its node
  bool went_on = false;    ///< a line below ERROR follows that one: it did not end the run
  std::optional<json> interrupt_value;  ///< of an interrupt after which nothing was logged
};

/// Reads `FOLDER/RUN/logs.jsonl`. Empty if there is none, or if the id of the run does not name a
/// folder inside. A line without a readable time gets that of the line before it, the first ones
/// `begin`. The context of a line follows its message as JSON. Error: `io_failed`.
[[nodiscard]] result<old_log> read_old_log(const std::filesystem::path& folder,
                                           const std::string& run,
                                           const persistence::run_log_limits& kept,
                                           time_point begin);

/// The ids of the runs that have a log in the folder, sorted. Errors: `not_found`, `io_failed`.
[[nodiscard]] result<std::vector<std::string>> runs_with_old_logs(
    const std::filesystem::path& folder);

}  // namespace pawl::cli
