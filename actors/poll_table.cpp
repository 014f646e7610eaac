#include "actors/poll_table.hpp"

#include <pawl/assert.hpp>

namespace pawl::actors {

task_queues::task_queue poll::next_queue() {
  const auto& functions = wanted.functions;
  const std::string& function = functions[next_function];
  next_function = (next_function + 1) % functions.size();
  return {scope, wanted.queue, function};
}

poll_id poll_table::add(scope_name scope, task_poll wanted, reply<std::vector<worker_task>> answer,
                        steady_time now) {
  const poll_id id = ++last_;
  poll& added = polls_[id];
  added.scope = std::move(scope);
  added.wanted = std::move(wanted);
  added.answer = std::move(answer);
  added.deadline = now + added.wanted.wait;
  // Polls begin with different functions, so that none is preferred.
  added.next_function = id % added.wanted.functions.size();
  if (added.wanted.wait.count() > 0) deadlines_.emplace(added.deadline, id);
  return id;
}

poll* poll_table::find(poll_id id) {
  const auto found = polls_.find(id);
  return found == polls_.end() ? nullptr : &found->second;
}

poll& poll_table::at(poll_id id) {
  poll* const found = find(id);
  PAWL_ASSERT(found != nullptr, "a poll waits for all runs that it has asked");
  return *found;
}

void poll_table::erase(poll_id id) {
  const auto found = polls_.find(id);
  if (found == polls_.end()) return;
  deadlines_.erase({found->second.deadline, id});
  polls_.erase(found);
}

void poll_table::end_wait(poll& p, poll_id id, steady_time now) {
  deadlines_.erase({p.deadline, id});
  p.deadline = now;
}

void poll_table::withdraw(poll& p, poll_id id, steady_time now) {
  end_wait(p, id, now);
  p.wanted.max = 0;
}

std::optional<steady_time> poll_table::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

std::vector<poll_id> poll_table::take_passed_deadlines(steady_time now) {
  std::vector<poll_id> passed;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    passed.push_back(deadlines_.begin()->second);
    deadlines_.erase(deadlines_.begin());
  }
  return passed;
}

}  // namespace pawl::actors
