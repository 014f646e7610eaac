#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include <pawl/callback.hpp>
#include <pawl/detail/scope_ref.hpp>
#include <pawl/ids.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>
#include <pawl/time.hpp>

namespace pawl {

class scope;

/// Maximum size of the message of a line; longer ones are cut.
inline constexpr std::size_t max_log_message_bytes = std::size_t{64} << 10;
/// Maximum size of the context of a line as JSON; a larger one is left out, and the line has
/// {"left_out_bytes": SIZE} in its place.
inline constexpr std::size_t max_log_context_bytes = std::size_t{16} << 10;

/// A line that a step of a run logged.
struct run_log_line {
  time_point at{};
  std::string level;  ///< "debug", "info", "warning" or "error"
  std::string node;
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  std::string message;
  std::string about = {};  ///< what the function names in place of its node; "": nothing
  json context = nullptr;  ///< further values, an object; or null

  friend bool operator==(const run_log_line&, const run_log_line&) = default;
};

/// The logs of the runs of one scope: what their steps log, in this process and in workers. A log
/// is kept with its run, until the run is removed, up to
/// `run.max_log_lines` and `run.max_log_bytes`: then its oldest lines are dropped. A handle: cheap
/// to copy, safe for concurrent use, and valid after the engine has stopped (every call then fails
/// with `unavailable`).
class scope_logs {
 public:
  explicit scope_logs(const scope& in);

  /// Adds a further line to the log of a run. Does not wait: lines are written in groups, and a
  /// line is lost if too many wait to be written, if the run does not exist, or if the process ends
  /// before; see `engine_metrics::run_log_lines_lost`.
  void add(const run_id& run, run_log_line line) const;

  /// Returns the newest lines of a run, at most `limit` and at most about 4 MiB, oldest first; with
  /// all lines that were added before the call. Does not check that the run exists. Errors:
  /// `overloaded`, `unavailable`, those of the store.
  void read_async(const run_id& run, std::size_t limit, callback<std::vector<run_log_line>> done,
                  std::stop_token withdrawn = {}) const;

 private:
  detail::scope_ref at_;
};

}  // namespace pawl
