#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <pawl/detail/fair_budget.hpp>
#include <pawl/ids.hpp>
#include <pawl/run_logs.hpp>

namespace pawl::actors {

/// Log lines of runs that wait to be written. Bounded by `detail::fair_budget`, which the scopes
/// share; further lines are lost and counted. Safe for concurrent use.
class log_queue {
 public:
  struct entry {
    run_key run;
    run_log_line line;
    /// When its run was created: not for a later run of the same id. None: of any.
    std::optional<time_point> run_created = {};

    /// Memory that it takes.
    [[nodiscard]] std::size_t size() const noexcept;
  };

  /// `max_bytes`: 0 if no logs are kept: then lines are dropped, and not counted. `lost`: counts
  /// the lines that are lost; must outlive the queue.
  log_queue(std::size_t max_bytes, std::atomic<std::uint64_t>& lost)
      : bytes_(max_bytes), lost_(lost) {}

  [[nodiscard]] bool keeps_lines() const noexcept { return bytes_.most() > 0; }
  /// Adds a line, and wakes the reader if it is the first one. Does not wait.
  void add(run_key run, run_log_line line, std::optional<time_point> run_created = {});

  /// Sets what wakes the reader. It is called on the threads that add lines, with the lock held: it
  /// must be fast, must not throw, and must not use the queue.
  void set_reader(std::function<void()> wake);
  /// Counts the lines that wait, and all that are added later, as lost.
  void close();
  /// Takes the oldest lines, until they have `max_bytes`.
  [[nodiscard]] std::vector<entry> take(std::size_t max_bytes);
  [[nodiscard]] bool empty() const;
  /// Number of lines that were added.
  [[nodiscard]] std::uint64_t added() const;
  /// Number of lines that were taken.
  [[nodiscard]] std::uint64_t taken() const;

  [[nodiscard]] std::uint64_t lost() const noexcept {
    return lost_.load(std::memory_order_relaxed);
  }
  /// Counts lines that could not be written.
  void count_lost(std::uint64_t lines) noexcept {
    lost_.fetch_add(lines, std::memory_order_relaxed);
  }

 private:
  detail::fair_budget bytes_;
  std::atomic<std::uint64_t>& lost_;
  mutable std::mutex mutex_;  ///< guards the members below
  std::deque<entry> entries_;
  std::uint64_t added_ = 0;
  std::uint64_t taken_ = 0;
  std::function<void()> wake_;
  bool closed_ = false;
};

}  // namespace pawl::actors
