#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "persistence/keys.hpp"
#include "persistence/store.hpp"

namespace pawl::actors {

/// Names a poll of a worker. Never reused.
using poll_id = std::uint64_t;

/// The next tasks of the queues that workers poll. All queued tasks are in an index of the store; a
/// queue holds the first of them in memory, up to a maximum number, and reads further ones when
/// those are taken. A queue exists as long as it has a poll or a task in memory.
///
/// Tasks are taken from the runs in turn, oldest first within a run, so no run waits forever after
/// a busy one. Not safe for concurrent use.
class task_queues {
 public:
  using task_queue = persistence::keys::task_queue;
  using queued_task = persistence::keys::queued_task;

  /// Maximum number of tasks of one queue in memory.
  static constexpr std::size_t default_max_known = 10'000;

  explicit task_queues(std::size_t max_known = default_max_known) : max_known_(max_known) {}

  void add_poll(const task_queue& name);
  void remove_poll(const task_queue& name);
  /// A poll that was added wants a task of this queue, or no longer does.
  void add_waiting(const task_queue& name, poll_id poll);
  void remove_waiting(const task_queue& name, poll_id poll);
  /// The oldest poll that wants a task of this queue.
  [[nodiscard]] std::optional<poll_id> first_waiting(const task_queue& name) const;

  /// A task was queued. Without a poll it stays in the store until there is one.
  void add(const queued_task& task);
  /// A task is no longer queued.
  void remove(const queued_task& task);

  /// True if all tasks in memory are taken but the store may have more: `refill` reads them.
  [[nodiscard]] bool needs_refill(const task_queue& name) const;
  /// Reads the next tasks from the store. Returns how many index entries could not be read.
  result<std::size_t> refill(const task_queue& name, const persistence::view& from);
  /// Removes the next task. None if no task is in memory.
  std::optional<queued_task> take(const task_queue& name);

 private:
  struct queue {
    /// By run, then by index key.
    std::map<run_key, std::map<std::string, queued_task>> tasks;
    std::size_t known = 0;    ///< number of `tasks`
    run_key last_run;         ///< whose turn was last
    std::string unread_from;  ///< tasks from this key on may be only in the store; empty: none
    std::size_t polls = 0;
    std::set<poll_id> waiting;  ///< of the polls, those that want a task
  };

  queue& at(const task_queue& name);
  static void insert(queue& q, std::string key, const queued_task& task);

  const std::size_t max_known_;
  std::map<task_queue, queue> queues_;
};

}  // namespace pawl::actors
