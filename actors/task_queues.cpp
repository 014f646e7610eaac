#include "actors/task_queues.hpp"

#include <utility>

namespace pawl::actors {

task_queues::queue& task_queues::at(const task_queue& name) {
  const auto [found, is_new] = queues_.try_emplace(name);
  if (is_new) found->second.unread_from = persistence::keys::queued_in(name).from;
  return found->second;
}

void task_queues::insert(queue& q, std::string key, const queued_task& task) {
  q.known += q.tasks[task.key.run].emplace(std::move(key), task).second ? 1 : 0;
}

void task_queues::add_poll(const task_queue& name) {
  ++at(name).polls;
}

void task_queues::remove_poll(const task_queue& name) {
  const auto found = queues_.find(name);
  if (found == queues_.end()) return;
  if (--found->second.polls == 0 && found->second.known == 0) queues_.erase(found);
}

void task_queues::add_waiting(const task_queue& name, poll_id poll) {
  at(name).waiting.insert(poll);
}

void task_queues::remove_waiting(const task_queue& name, poll_id poll) {
  if (const auto found = queues_.find(name); found != queues_.end())
    found->second.waiting.erase(poll);
}

std::optional<poll_id> task_queues::first_waiting(const task_queue& name) const {
  const auto found = queues_.find(name);
  if (found == queues_.end() || found->second.waiting.empty()) return std::nullopt;
  return *found->second.waiting.begin();
}

void task_queues::add(const queued_task& task) {
  const auto found = queues_.find(task.queue);
  if (found == queues_.end()) return;
  queue& q = found->second;
  std::string key = persistence::keys::queued(task);
  if (q.unread_from.empty() && q.known == max_known_) q.unread_from = key;
  if (q.unread_from.empty() || key < q.unread_from) insert(q, std::move(key), task);
}

void task_queues::remove(const queued_task& task) {
  const auto found = queues_.find(task.queue);
  if (found == queues_.end()) return;
  queue& q = found->second;
  const auto run = q.tasks.find(task.key.run);
  if (run == q.tasks.end()) return;
  q.known -= run->second.erase(persistence::keys::queued(task));
  if (run->second.empty()) q.tasks.erase(run);
}

bool task_queues::needs_refill(const task_queue& name) const {
  const auto found = queues_.find(name);
  return found != queues_.end() && found->second.known == 0 && !found->second.unread_from.empty();
}

result<std::size_t> task_queues::refill(const task_queue& name, const persistence::view& from) {
  queue& q = at(name);
  auto range = persistence::keys::queued_in(name);
  range.from = std::exchange(q.unread_from, {});
  std::size_t unreadable = 0;
  const auto scanned =
      from.scan(persistence::column::indexes, range, [&](std::string_view key, std::string_view) {
        if (q.known == max_known_) {
          q.unread_from = std::string{key};
          return persistence::view::next::stop;
        }
        if (const auto task = persistence::keys::queued_of(key)) {
          insert(q, std::string{key}, *task);
        } else {
          ++unreadable;
        }
        return persistence::view::next::more;
      });
  if (scanned) return unreadable;
  q.unread_from = range.from;
  return scanned.error();
}

std::optional<task_queues::queued_task> task_queues::take(const task_queue& name) {
  const auto found = queues_.find(name);
  if (found == queues_.end() || found->second.tasks.empty()) return std::nullopt;
  queue& q = found->second;
  auto run = q.tasks.upper_bound(q.last_run);
  if (run == q.tasks.end()) run = q.tasks.begin();
  q.last_run = run->first;
  queued_task task = std::move(run->second.extract(run->second.begin()).mapped());
  if (run->second.empty()) q.tasks.erase(run);
  --q.known;
  return task;
}

}  // namespace pawl::actors
