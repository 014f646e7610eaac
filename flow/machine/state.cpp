#include "flow/machine/state.hpp"

namespace pawl::flow {

run_summary summarize(const run_state& run) {
  return {run.key,         run.flow,  run.status,         run.created_at, run.started_at,
          run.finished_at, run.error, run.restarted_from, run.parent};
}

std::string question_id(const std::string& node, const token& t) {
  return node + "#" + std::to_string(t.visit) + "." + std::to_string(t.attempt);
}

std::optional<time_point> next_timer(const run_state& run) noexcept {
  std::optional<time_point> first;
  if (is_finished(run.status) || run.frozen_at) return first;
  for (const auto& t : run.tokens) {
    if (!t.can_fire() || !t.timer) continue;
    if (!first || t.timer->due < *first) first = t.timer->due;
  }
  return first;
}

std::shared_ptr<const json> data_for(const run_state& run, const token& t) {
  if (t.writes.empty()) return run.data.lend();
  auto merged = std::make_shared<json>(*run.data);
  for (const auto& [key, value] : t.writes.items()) (*merged)[key] = value;
  return merged;
}

}  // namespace pawl::flow
