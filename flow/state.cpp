#include "flow/state.hpp"

namespace pawl::flow {

run_summary summarize(const run_state& run) {
  return {run.key,        run.flow,        run.status, run.created_at,
          run.started_at, run.finished_at, run.error,  run.restarted_from};
}

std::shared_ptr<const json> data_for(const run_state& run, const token& t) {
  if (t.writes.empty()) return run.data.lend();
  auto merged = std::make_shared<json>(*run.data);
  for (const auto& [key, value] : t.writes.items()) (*merged)[key] = value;
  return merged;
}

}  // namespace pawl::flow
