#include "cli/target/selected_events.hpp"

namespace pawl::cli {
namespace {

constexpr std::size_t max_known_runs = 100'000;

}  // namespace

result<bool> selected_events::contains(const placed_event& event) {
  // The id of a deleted run may be used again, for a run of another flow.
  if (event.what.kind == "run_created") known_.erase(event.run);
  if (!filter_.fits_event(event.run, event.what.kind)) return false;
  if (!filter_.needs_runs()) return true;
  const auto known = known_.find(event.run);
  return known != known_.end() ? known->second : fits(event.run);
}

result<bool> selected_events::fits(const run_id& run) {
  const auto page =
      in_.runs().list({.limit = 1, .where = "id=" + persistence::quoted_value(run.str())});
  if (!page) return page.error();
  const bool wanted = !page->runs.empty() && filter_.fits_run(page->runs.front());
  if (known_.size() == max_known_runs) known_.clear();
  known_.emplace(run, wanted);
  return wanted;
}

}  // namespace pawl::cli
