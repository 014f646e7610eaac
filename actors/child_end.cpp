#include "actors/child_end.hpp"

namespace pawl::actors {

error failed_child(const run_summary& child) {
  if (child.status == run_status::cancelled)
    return {errc::cancelled,
            "run " + child.key.id.str() + " of flow " + child.flow.name.str() + " was cancelled"};
  const auto& why = child.error.value_or(run_error{});
  return {errc::function_failed,
          "run " + child.key.id.str() + " of flow " + child.flow.name.str() + " failed" +
              (why.node.empty() ? "" : " at \"" + why.node + "\"") + ": " + why.message,
          why.type};
}

flow::shared_json what_it_gives(const flow::run_state& completed) {
  return completed.output ? flow::shared_json{*completed.output} : completed.data;
}

child_end end_of(const flow::run_state& run) {
  child_end end{run.parent_attempt, run.created_at, what_it_gives(run)};
  if (run.status != run_status::completed) end.data = failed_child(flow::summarize(run));
  return end;
}

}  // namespace pawl::actors
