#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <pawl/metrics.hpp>

/// Measurements of the actors' work. Nothing depends on them.
namespace pawl::actors {

/// Counts values by powers of two, up to 2^(Buckets - 1). Safe for concurrent use: each value costs
/// two relaxed additions, a few nanoseconds. A concurrent snapshot may see only one of the two.
template <std::size_t Buckets>
class histogram {
 public:
  void record(std::uint64_t value) noexcept {
    const auto at =
        static_cast<std::size_t>(std::bit_width(value - std::min<std::uint64_t>(value, 1)));
    counts_[std::min(at, Buckets)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }
  /// Records whole microseconds. A negative duration counts as 0.
  void record(std::chrono::nanoseconds took) noexcept {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
    record(static_cast<std::uint64_t>(std::max<std::int64_t>(us, 0)));
  }

  [[nodiscard]] distribution snapshot() const {
    distribution now;
    for (const auto& count : counts_) now.counts.push_back(count.load(std::memory_order_relaxed));
    for (const auto count : now.counts) now.count += count;
    now.counts.pop_back();  // of larger values
    now.sum = sum_.load(std::memory_order_relaxed);
    return now;
  }

 private:
  std::array<std::atomic<std::uint64_t>, Buckets + 1> counts_{};
  std::atomic<std::uint64_t> sum_{0};
};

/// Up to 67 seconds.
using duration_histogram = histogram<27>;

/// The metrics of one engine, see `engine_metrics`. Safe for concurrent use.
struct metrics {
  duration_histogram start_to_first_step, signal_to_step, step, commit, write, sync;
  histogram<13> group_batches;
  histogram<33> group_bytes;  ///< up to 4 GiB
  std::atomic<std::uint64_t> steps_completed{0}, steps_failed{0}, steps_interrupted{0};
  std::atomic<std::uint64_t> runs_started{0}, runs_completed{0}, runs_failed{0}, runs_cancelled{0};
  std::atomic<std::uint64_t> jobs_unfinished{0};
  std::atomic<std::uint64_t> job_runs_done{0}, job_runs_refused{0}, job_runs_failed{0};
  std::atomic<std::uint64_t> run_log_lines_lost{0};
  std::atomic<std::uint64_t> blob_bytes{0};

  [[nodiscard]] engine_metrics snapshot() const {
    return {start_to_first_step.snapshot(),
            signal_to_step.snapshot(),
            step.snapshot(),
            commit.snapshot(),
            write.snapshot(),
            sync.snapshot(),
            group_batches.snapshot(),
            group_bytes.snapshot(),
            steps_completed.load(std::memory_order_relaxed),
            steps_failed.load(std::memory_order_relaxed),
            steps_interrupted.load(std::memory_order_relaxed),
            runs_started.load(std::memory_order_relaxed),
            runs_completed.load(std::memory_order_relaxed),
            runs_failed.load(std::memory_order_relaxed),
            runs_cancelled.load(std::memory_order_relaxed),
            jobs_unfinished.load(std::memory_order_relaxed),
            job_runs_done.load(std::memory_order_relaxed),
            job_runs_refused.load(std::memory_order_relaxed),
            job_runs_failed.load(std::memory_order_relaxed),
            run_log_lines_lost.load(std::memory_order_relaxed),
            blob_bytes.load(std::memory_order_relaxed)};
  }
};

/// Records its lifetime.
class stopwatch {
 public:
  explicit stopwatch(duration_histogram& to) noexcept : to_(to) {}
  stopwatch(const stopwatch&) = delete;
  stopwatch& operator=(const stopwatch&) = delete;
  ~stopwatch() { to_.record(std::chrono::steady_clock::now() - begin_); }

 private:
  duration_histogram& to_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace pawl::actors
