#include "flow/machine/state.hpp"

#include "flow/values/json_size.hpp"

namespace pawl::flow {

run_summary summarize(const run_state& run) {
  return {run.key,         run.flow,  run.status,         run.created_at, run.started_at,
          run.finished_at, run.error, run.restarted_from, run.parent,     {},
          *run.attributes};
}

void measure(run_state& run) {
  run.map_bytes = 0;
  for (const auto& [id, map] : run.maps) run.map_bytes += map.bytes;
  run.compensation_bytes = 0;
  for (const auto& step : run.compensations) run.compensation_bytes += json_size(step.args);
}

std::string question_id(const std::string& node, const token& t) {
  return node + "#" + std::to_string(t.visit) + "." + std::to_string(t.attempt);
}

due_times next_timers(const run_state& run) noexcept {
  if (is_finished(run.status) || run.frozen_at) return {};
  return run.tokens.next_timers();
}

step_data data_for(const run_state& run, const token& t) {
  return step_data{run.data.lend(), t.writes.lend()};
}

}  // namespace pawl::flow
