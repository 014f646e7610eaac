#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "actors/fair_queue.hpp"

namespace pawl::actors {

/// Threads that run jobs, so that no scheduler thread waits for the disk or works for long.
///
/// Brief jobs do not wait for long ones: all threads but one, at least one, run long jobs, and a
/// thread that finds both takes turns. In each of the two queues scopes take turns, then the groups
/// of a scope; the jobs of a group begin in the order in which they were posted.
///
/// A job that reads much is split into turns: after each, others have the thread, and it waits
/// again behind those that are in its line.
///
/// Safe for concurrent use. `post` never waits. The queues are not bounded: whoever posts is.
class job_pool {
 public:
  using job = std::function<void()>;
  enum class progress : std::uint8_t { finished, unfinished };
  /// Does a part of a job at each call, until it is finished.
  using turns = std::function<progress()>;
  enum class kind : std::uint8_t { brief, lengthy };
  /// The line in which a job waits.
  struct line {
    kind takes = kind::brief;
    std::string scope = {};
    std::string group = {};
  };
  /// What ends the wait of a job. Then `instead` is run in place of it, or of its next turns.
  struct withdrawal {
    std::stop_token requested;
    job instead;
  };

  /// `name`: of the threads, at most 15 bytes. `threads`: at least one is made.
  job_pool(const char* name, std::uint32_t threads);
  ~job_pool() { stop(); }
  job_pool(const job_pool&) = delete;
  job_pool& operator=(const job_pool&) = delete;

  /// Runs a job on one of the threads. A job must not throw.
  void post(line in, job next, withdrawal if_withdrawn = {});
  void post_turns(line in, turns next, withdrawal if_withdrawn = {});
  /// Runs the jobs that were posted before, then ends the threads. Jobs that are posted later are
  /// dropped. Must not be called from a job. Safe to call twice.
  void stop();

 private:
  using watch = std::stop_callback<std::function<void()>>;
  struct entry {
    line in;
    turns run;
    withdrawal if_withdrawn;
    std::uint64_t id = 0;
    std::unique_ptr<watch> watched;  ///< null: the job cannot be withdrawn
  };
  using queue = fair_queue<entry>;
  struct place {
    queue* in = nullptr;
    queue::position at;
  };
  struct taken {
    entry next;
    queue* from = nullptr;  ///< null: the job was withdrawn
  };

  void work(const char* name);
  /// Adds a job to its queue. With the lock.
  void push(entry added);
  [[nodiscard]] std::optional<taken> take();
  [[nodiscard]] std::optional<taken> take_withdrawn();
  [[nodiscard]] std::size_t waiting() const { return brief_.size() + lengthy_.size(); }
  [[nodiscard]] queue& queue_of(const line& in) noexcept {
    return in.takes == kind::brief ? brief_ : lengthy_;
  }

  std::mutex mutex_;  ///< guards the members below
  std::condition_variable posted_;
  queue brief_;
  queue lengthy_;
  bool lengthy_is_next_ = false;
  std::uint64_t last_id_ = 0;
  std::uint64_t last_rank_ = 0;
  std::unordered_map<std::uint64_t, place> withdrawable_;  ///< jobs that wait
  std::vector<std::uint64_t> withdrawn_;                   ///< not handled yet
  bool stopped_ = false;
  std::vector<std::thread> threads_;  ///< not guarded: changed by the constructor and `stop` only
};

}  // namespace pawl::actors
