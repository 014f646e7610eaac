#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include <pawl/ids.hpp>
#include <pawl/json.hpp>
#include <pawl/run.hpp>

namespace pawl::server {

/// A summary of events whose size does not depend on their number: counts, the runs that had
/// the newest ones, how far jobs are, and whether flow files changed. Not safe for concurrent use.
class event_digest {
 public:
  /// Maximum number of runs in a summary.
  static constexpr std::size_t max_runs = 100;

  /// Maximum number of jobs in a summary.
  static constexpr std::size_t max_jobs = 20;

  void add(const run_id& run, const history_event& event);
  /// Adds how far a job is: the detail of an event of `scope_jobs::watch`.
  void add_job(json progress);
  /// Adds that flow files have changed.
  void add_flow_files() noexcept { flow_files_ = true; }
  [[nodiscard]] bool empty() const noexcept {
    return events_ == 0 && jobs_.empty() && !flow_files_;
  }
  /// Returns the summary of what was added since the last call, as docs/openapi.yaml describes it.
  [[nodiscard]] json take();

 private:
  struct changed_run {
    run_id id;
    std::uint64_t events = 0;
    std::optional<run_status> status;  ///< that the events have led to
  };

  std::uint64_t events_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> kinds_;
  std::list<changed_run> runs_;  ///< the one with the newest event first
  std::unordered_map<run_id, std::list<changed_run>::iterator> index_;
  bool more_ = false;     ///< runs were dropped
  std::list<json> jobs_;  ///< the one that went on last first
  bool flow_files_ = false;
};

}  // namespace pawl::server
