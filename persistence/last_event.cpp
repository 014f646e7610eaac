#include "persistence/last_event.hpp"

#include <limits>
#include <utility>

#include "persistence/runs.hpp"

namespace pawl::persistence {

result<last_event> find_last_event(const view& from, const run_summary& run) {
  const bool is_final = run.status == run_status::completed || run.status == run_status::cancelled;
  if (is_final && run.finished_at) return last_event{*run.finished_at, 0};
  last_event found{run.created_at, 0};
  const auto visited = visit_history_back(from, run.key, std::numeric_limits<std::uint64_t>::max(),
                                          [&](const stored_checkpoint& what, std::size_t bytes) {
                                            found = {what.at, bytes};
                                            return view::next::stop;
                                          });
  // Its key is dropped.
  if (!visited && visited.error().code == errc::not_supported)
    return last_event{run.finished_at.value_or(run.created_at), 0};
  if (!visited) return visited.error();
  return found;
}

}  // namespace pawl::persistence
