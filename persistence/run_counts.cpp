#include "persistence/run_counts.hpp"

#include "persistence/keys.hpp"

namespace pawl::persistence {

void count_run(batch& to, const scope_name& in, const flow_name& of,
               std::optional<run_status> before, std::optional<run_status> after) {
  if (before == after) return;
  if (before) to.add(keys::runs_with_status(in, *before), -1);
  if (after) to.add(keys::runs_with_status(in, *after), 1);
  const bool was_unfinished = before && !is_finished(*before);
  const bool is_unfinished = after && !is_finished(*after);
  if (was_unfinished != is_unfinished)
    to.add(keys::unfinished_runs(in, of), is_unfinished ? 1 : -1);
}

}  // namespace pawl::persistence
