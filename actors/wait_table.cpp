#include "actors/wait_table.hpp"

namespace pawl::actors {

void wait_table::add(const run_key& run, std::optional<steady_time> deadline,
                     reply<ended_run> answer, std::stop_token withdrawn,
                     std::function<void(wait_id)> on_withdrawn) {
  const wait_id id = ++last_;
  waiting_call& added = waits_[id];
  added.run = run;
  added.deadline = deadline;
  added.answer = std::move(answer);
  by_run_[run].insert(id);
  if (deadline) deadlines_.emplace(*deadline, id);
  if (withdrawn.stop_possible()) {
    added.withdrawal.emplace(std::move(withdrawn),
                             [id, call = std::move(on_withdrawn)] { call(id); });
  }
}

std::optional<steady_time> wait_table::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

waiting_call wait_table::remove(wait_id id) {
  auto node = waits_.extract(id);
  waiting_call& removed = node.mapped();
  removed.withdrawal.reset();
  if (removed.deadline) deadlines_.erase({*removed.deadline, id});
  const auto of_run = by_run_.find(removed.run);
  of_run->second.erase(id);
  if (of_run->second.empty()) by_run_.erase(of_run);
  return {std::move(removed.run), removed.deadline, std::move(removed.answer)};
}

std::optional<std::pair<run_id, reply<ended_run>>> wait_table::take(wait_id id) {
  if (!waits_.contains(id)) return std::nullopt;
  waiting_call taken = remove(id);
  return std::pair{std::move(taken.run.id), std::move(taken.answer)};
}

std::vector<reply<ended_run>> wait_table::take(const run_key& run) {
  std::vector<reply<ended_run>> taken;
  const auto found = by_run_.find(run);
  if (found == by_run_.end()) return taken;
  const auto ids = found->second;
  taken.reserve(ids.size());
  for (const auto id : ids) taken.push_back(remove(id).answer);
  return taken;
}

std::vector<std::pair<run_id, reply<ended_run>>> wait_table::take_passed(steady_time now) {
  std::vector<std::pair<run_id, reply<ended_run>>> taken;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    waiting_call passed = remove(deadlines_.begin()->second);
    taken.emplace_back(std::move(passed.run.id), std::move(passed.answer));
  }
  return taken;
}

void wait_table::clear() {
  by_run_.clear();
  deadlines_.clear();
  waits_.clear();
}

}  // namespace pawl::actors
