#pragma once

#include <pawl/job.hpp>
#include <pawl/result.hpp>

#include "persistence/jobs.hpp"
#include "persistence/store.hpp"
#include "runtime/queries/read_budget.hpp"

namespace pawl {

class engine_core;

/// Reads jobs. Errors: `not_found`, `unavailable`, those of the store.
[[nodiscard]] result<job_view> get_job(const engine_core& core, const job_key& key);
/// Error besides: `invalid_argument` (cursor, limit).
[[nodiscard]] result<job_page> list_jobs(const engine_core& core, const scope_name& in,
                                         const job_list_options& options);

/// Reads a page of the results of a job; see `read_to_end`. Errors besides: `invalid_argument`
/// (limit). The core must outlive it. Not thread-safe.
class job_results_query {
 public:
  job_results_query(const engine_core& core, job_key key, job_results_options options)
      : core_(&core), key_(std::move(key)), options_(std::move(options)), place_(options_.first) {}

  [[nodiscard]] result<bool> read(read_budget& turn);
  [[nodiscard]] job_results take() { return std::move(found_); }

 private:
  void pass_damaged(std::uint64_t matched, const error& why);

  const engine_core* core_;
  job_key key_;
  job_results_options options_;
  std::uint64_t place_;       ///< of the next run
  std::size_t compared_ = 0;  ///< runs so far
  job_results found_;
};

}  // namespace pawl
