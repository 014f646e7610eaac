#include "runtime/queries/parked.hpp"

#include <utility>
#include <vector>

#include "flow/machine/history.hpp"
#include "flow/machine/machine.hpp"
#include "persistence/keys.hpp"
#include "persistence/runs.hpp"

namespace pawl {
namespace {

using persistence::view;

constexpr std::size_t max_runs_read = 1'000;

/// Whether a run continues without a command is in an index, which costs less to read than its
/// state.
bool is_executing(const view& now, const run_key& key) {
  const auto record = persistence::load_record(now, key);
  if (!record || !*record) return true;
  const run_summary& run = (*record)->summary;
  const auto entry = now.get(persistence::column::indexes,
                             persistence::keys::listed_run(key, run.status, true, run.created_at));
  return !entry || *entry;
}

/// Adds the subflows that a run waits for. Returns false if one of them is executing.
bool add_subflows(const view& now, const flow::run_state& run, std::vector<run_key>& to) {
  for (const auto& t : run.tokens) {
    if (t.phase != flow::token_phase::waiting || !t.child) continue;
    to.push_back({run.key.scope, t.child->id});
    if (is_executing(now, to.back())) return false;
  }
  return true;
}

}  // namespace

bool is_parked_itself(const flow::run_state& run) {
  return !is_finished(run.status) && flow::is_parked(run) && !flow::next_timers(run).any() &&
         flow::open_tasks(run).empty();
}

bool subflows_are_parked(const view& now, const actors::quarantine_list& suspects,
                         const flow::run_state& run) {
  std::vector<run_key> left;
  if (!add_subflows(now, run, left)) return false;
  for (std::size_t read = 0; !left.empty(); ++read) {
    if (read == max_runs_read) return false;
    const run_key key = std::move(left.back());
    left.pop_back();
    if (suspects.is_quarantined(key)) continue;  // parked until it is retried
    const auto child = persistence::load_run(now, key);
    if (!child || !*child || !is_parked_itself((*child)->state) ||
        !add_subflows(now, (*child)->state, left))
      return false;
  }
  return true;
}

}  // namespace pawl
