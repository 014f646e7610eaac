#include "actors/worker_list.hpp"

namespace pawl::actors {

void worker_list::on_poll(const scope_name& scope, const task_poll& poll, time_point now) {
  const auto key = std::pair{scope, poll.worker};
  if (workers_.size() >= max_workers_ && !workers_.contains(key)) return;
  workers_.insert_or_assign(key, worker{poll.queue, poll.functions, now});
}

void worker_list::on_heartbeat(const scope_name& scope, const std::string& name, time_point now) {
  if (const auto found = workers_.find({scope, name}); found != workers_.end())
    found->second.seen_at = now;
}

void worker_list::erase_unseen_since(time_point then) {
  std::erase_if(workers_, [&](const auto& each) { return each.second.seen_at < then; });
}

}  // namespace pawl::actors
