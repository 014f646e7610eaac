#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/job_id.hpp>
#include <pawl/json.hpp>
#include <pawl/time.hpp>

/// What the calls of <pawl/jobs.hpp> take and return.
namespace pawl {

/// A command that a job sends to its runs. The numbers are stored: never renumber.
enum class job_command : std::uint8_t {
  pause = 1,
  resume = 2,
  retry = 3,
  cancel = 4,
  terminate = 5,
  signal = 6,
  remove = 7,  ///< named "delete"
};
inline constexpr job_command all_job_commands[] = {
    job_command::pause,     job_command::resume, job_command::retry, job_command::cancel,
    job_command::terminate, job_command::signal, job_command::remove};

/// "pause", …, "delete".
[[nodiscard]] std::string_view to_string(job_command command) noexcept;
/// Error: `invalid_argument`, with the names that are allowed.
[[nodiscard]] result<job_command> parse_job_command(std::string_view text);

/// Where a job is. The numbers are stored: never renumber.
enum class job_state : std::uint8_t {
  selecting = 1,  ///< finds the runs that fit its filter; no command was sent yet
  running = 2,    ///< sends its command to one run after the other
  finished = 3,   ///< every run that it has selected had its turn
  aborted = 4,    ///< stopped by `scope_jobs::abort`
  failed = 5,     ///< cannot go on; `job_view::error` says why
};
/// "selecting", …
[[nodiscard]] std::string_view to_string(job_state state) noexcept;
/// Whether a job has nothing left to do.
[[nodiscard]] constexpr bool has_ended(job_state state) noexcept {
  return state != job_state::selecting && state != job_state::running;
}

/// What became of one run of a job. The numbers are stored: never renumber.
enum class job_outcome : std::uint8_t {
  waiting = 0,  ///< its turn has not come, or never comes: a dry run, an aborted job
  done = 1,     ///< took the command
  refused = 2,  ///< did not: the command is illegal for the run as it is, or the run no longer fits
  failed = 3,   ///< the command failed for another reason
};
/// "waiting", …
[[nodiscard]] std::string_view to_string(job_outcome outcome) noexcept;
/// Error: `invalid_argument`, with the names that are allowed.
[[nodiscard]] result<job_outcome> parse_job_outcome(std::string_view text);

/// A command to all runs that fit a filter.
struct job_request {
  job_command command = job_command::pause;
  /// The runs: see docs/filters.md. At least one condition; times such as `-2h` are relative to the
  /// start of the job.
  std::string filter = {};
  /// Recorded in the history of each run, with the id of the job; UTF-8, at most 3,840 bytes. Not
  /// for `signal` and `remove`.
  std::string reason = {};
  std::string signal = {};  ///< of `signal`: its type
  json payload = nullptr;   ///< of `signal`: at most 64 KiB as compact JSON
  /// Maximum number of commands per second, 1 to 100,000. 0: no limit.
  std::uint32_t rate = 0;
  bool dry_run = false;  ///< selects the runs and lists them, and sends no command
  std::string by = {};   ///< who starts the job; UTF-8, at most 256 bytes

  friend bool operator==(const job_request&, const job_request&) = default;
};

struct job_options {
  /// Id of the job. A second start with the same id and request returns the existing job. None: a
  /// new UUID of version 7.
  std::optional<job_id> id = {};
  /// Idempotency key, instead of an id: any text of 1 to 512 bytes. The id is derived from it.
  std::string key = {};
};

struct job_started {
  job_id id;
  bool created = true;  ///< false: the job existed already
};

/// The number of runs of a job.
struct job_counts {
  std::uint64_t matched = 0;  ///< selected so far
  std::uint64_t done = 0;
  std::uint64_t refused = 0;
  std::uint64_t failed = 0;
  std::uint64_t damaged = 0;  ///< not selected: their records cannot be read

  /// Runs that had their turn.
  [[nodiscard]] std::uint64_t handled() const noexcept { return done + refused + failed; }
  friend bool operator==(const job_counts&, const job_counts&) = default;
};

/// A job at its last durable step.
struct job_view {
  job_id id;
  job_request request;  ///< without its `payload`
  job_state state = job_state::selecting;
  job_counts counts;
  time_point created_at{};
  time_point updated_at{};  ///< of the last step
  std::optional<time_point> ended_at = {};
  std::string error = {};  ///< of a failed job

  friend bool operator==(const job_view&, const job_view&) = default;
};

/// Selects a page of jobs, newest first.
struct job_list_options {
  std::size_t limit = 100;  ///< 1 to 1000
  std::string cursor = {};  ///< `job_page::next` of the previous page
};

struct job_page {
  std::vector<job_view> jobs;
  std::string next;  ///< cursor of the next page; empty on the last page
  /// On the first page: jobs that could not be listed because a record is damaged, with the reason.
  std::vector<std::string> damaged = {};
};

/// One run of a job.
struct job_result {
  run_id run;
  job_outcome outcome = job_outcome::waiting;
  std::string message = {};  ///< why it was refused or failed; at most 512 bytes

  friend bool operator==(const job_result&, const job_result&) = default;
};

/// Selects a page of the results of a job, in the order of its runs: oldest first.
struct job_results_options {
  std::uint64_t first = 0;  ///< place of a run in the job, from 0: `job_results::next`
  std::size_t limit = 100;  ///< 1 to 1000
  std::optional<job_outcome> outcome = {};
};

/// A page of results. With an `outcome` it compares at most 10,000 runs: it may have fewer than its
/// limit, even none, and still have a next page.
struct job_results {
  std::vector<job_result> results;
  std::uint64_t next = 0;  ///< `first` of the next page; 0 on the last page
  /// Results that are left out because their record is damaged, each with the places and the
  /// reason.
  std::vector<std::string> damaged = {};
};

}  // namespace pawl
