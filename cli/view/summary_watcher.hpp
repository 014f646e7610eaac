#pragma once

#include <chrono>
#include <cstddef>
#include <set>

#include "cli/session.hpp"
#include "cli/view/watcher.hpp"

namespace pawl::cli {

/// Counts the runs that have ended, for many runs in a pipe or a file: a line of progress every few
/// seconds, and one for each of the first runs that failed.
class summary_watcher final : public watcher {
 public:
  /// `count`: number of runs.
  summary_watcher(session& s, std::size_t count) : session_(s), count_(count) {}

  void follow(const followed_run&) override {}
  void on_event(const live_event&) override {}
  void on_end(const run_summary& run) override;
  void tick() override;
  void note(const std::string& sentence) override { session_.print_message(sentence); }

 private:
  using steady = std::chrono::steady_clock;

  session& session_;
  std::size_t count_;
  std::size_t ended_ = 0;
  std::size_t failed_ = 0;
  std::size_t printed_ = 0;  ///< value of `ended_` in the last line of progress
  steady::time_point printed_at_ = steady::now();
};

}  // namespace pawl::cli
