#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/job.hpp>
#include <pawl/result.hpp>

#include "persistence/store.hpp"

/// How jobs (commands to all runs that fit a filter) are stored: what a job was started with,
/// written once; how far it is, replaced; and its runs, in pages, which are replaced when the
/// outcome of a run is known. An index has the jobs that have something left to do.
namespace pawl::persistence {

/// Number of runs in a page of a job; the last page may have fewer.
inline constexpr std::size_t runs_per_job_page = 64;
/// Maximum size of the message of a result. Longer ones are cut.
inline constexpr std::size_t max_job_message_bytes = 512;

/// What a job was started with.
struct started_job {
  job_request request;
  time_point created_at{};

  friend bool operator==(const started_job&, const started_job&) = default;
};

/// How far a job is.
struct job_progress {
  job_state state = job_state::selecting;
  bool removing = false;  ///< its deletion has begun: it is not shown any more
  job_counts counts;
  std::uint64_t position = 0;  ///< runs before this place have had their turn
  time_point updated_at{};
  std::optional<time_point> ended_at = {};
  std::string error = {};

  /// Whether the job has something left to do.
  [[nodiscard]] bool is_unfinished() const noexcept { return removing || !has_ended(state); }
  friend bool operator==(const job_progress&, const job_progress&) = default;
};

struct job_record {
  job_key key;
  started_job started;
  job_progress progress;
};

[[nodiscard]] std::string encode_started_job(const started_job& job);
[[nodiscard]] result<started_job> decode_started_job(std::string_view bytes);
[[nodiscard]] std::string encode_job_progress(const job_progress& progress);
[[nodiscard]] result<job_progress> decode_job_progress(std::string_view bytes);
[[nodiscard]] std::string encode_job_page(const std::vector<job_result>& page);
[[nodiscard]] result<std::vector<job_result>> decode_job_page(std::string_view bytes);

// Each adds its writes to a batch.
void create_job(batch& to, const job_record& job);
/// Replaces the progress, and the entry of the index.
void store_progress(batch& to, const job_record& job);
void store_page(batch& to, const job_key& job, std::uint64_t page,
                const std::vector<job_result>& runs);
/// Erases at most `limit` pages; when none is left, the rest of the job. Returns whether nothing of
/// the job is left. Errors: `io_failed`.
[[nodiscard]] result<bool> erase_job(batch& to, const view& from, const job_key& job,
                                     std::size_t limit);

/// Returns a job, also one whose deletion has begun, or nothing. Errors: `corrupt`, `io_failed`.
[[nodiscard]] result<std::optional<job_record>> load_job(const view& from, const job_key& key);
/// The jobs of a scope.
struct listed_jobs {
  std::vector<job_record> jobs;      ///< without the payloads of their requests, newest first
  std::vector<std::string> damaged;  ///< jobs that cannot be read, each with the reason
};
/// Returns the jobs of a scope that are not being deleted. Errors: `io_failed`.
[[nodiscard]] result<listed_jobs> load_jobs(const view& from, const scope_name& in);
/// Returns the jobs of all scopes that have something left to do. Errors as above.
[[nodiscard]] result<std::vector<job_key>> load_unfinished_jobs(const view& from);
/// Returns a page of the runs of a job. Errors as above; `corrupt` if there is none.
[[nodiscard]] result<std::vector<job_result>> load_page(const view& from, const job_key& job,
                                                        std::uint64_t page);

/// Reads the record of a job under a key of kind a, to check it. Errors: `corrupt`,
/// `schema_newer`.
[[nodiscard]] result<void> check_job_record(std::string_view key, std::string_view value);

/// A job as callers see it: without the payload of its request.
[[nodiscard]] job_view view_of(const job_record& job);

/// "no such job: ID"
[[nodiscard]] error no_such_job(const job_id& id);

}  // namespace pawl::persistence
