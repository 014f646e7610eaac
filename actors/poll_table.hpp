#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <utility>
#include <vector>

#include <pawl/ids.hpp>
#include <pawl/worker.hpp>

#include "actors/lease_table.hpp"
#include "actors/reply.hpp"
#include "actors/task_queues.hpp"

namespace pawl::actors {

/// A worker that waits for tasks.
struct poll {
  scope_name scope;
  task_poll wanted;
  steady_time deadline{};
  std::size_t asked = 0;    ///< runs that have not answered whether the worker gets their task
  bool is_waiting = false;  ///< its queues know that it wants more
  std::size_t next_function = 0;  ///< of `wanted`: whose turn is next
  std::vector<worker_task> got;
  reply<std::vector<worker_task>> answer;
  std::optional<std::stop_callback<std::function<void()>>> withdrawal;

  [[nodiscard]] bool wants_more() const noexcept { return asked + got.size() < wanted.max; }
  /// The queue of the function whose turn it is. The next call returns the next function's.
  [[nodiscard]] task_queues::task_queue next_queue();
};

/// The polls that were not answered, by id and by deadline. Not safe for concurrent use.
class poll_table {
 public:
  /// Adds a poll whose deadline is its wait time after `now`. Returns its id.
  poll_id add(scope_name scope, task_poll wanted, reply<std::vector<worker_task>> answer,
              steady_time now);
  /// Null if it was answered.
  [[nodiscard]] poll* find(poll_id id);
  /// The poll with this id. It must exist.
  [[nodiscard]] poll& at(poll_id id);
  void erase(poll_id id);
  /// Sets the deadline of a poll to `now`.
  void end_wait(poll& p, poll_id id, steady_time now);
  /// Ends the wait of a poll, and lets it get no further task.
  void withdraw(poll& p, poll_id id, steady_time now);

  [[nodiscard]] std::size_t size() const noexcept { return polls_.size(); }
  [[nodiscard]] std::optional<steady_time> next_deadline() const;
  /// Removes the deadlines that have passed and returns their polls, which stay.
  [[nodiscard]] std::vector<poll_id> take_passed_deadlines(steady_time now);
  void clear() { polls_.clear(); }

 private:
  std::map<poll_id, poll> polls_;
  std::set<std::pair<steady_time, poll_id>> deadlines_;
  poll_id last_ = 0;
};

}  // namespace pawl::actors
