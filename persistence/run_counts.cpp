#include "persistence/run_counts.hpp"

#include <utility>

#include "persistence/codec.hpp"
#include "persistence/keys.hpp"

namespace pawl::persistence {
namespace {

/// The counter of the hour in which a run ended; empty: it has not.
std::string hour_of_end(const scope_name& in, const flow_name& of,
                        const std::optional<counted_run>& run) {
  // A quarantined run has failed without an end.
  if (!run || !is_finished(run->status) || !run->finished_at) return {};
  return keys::runs_in_hour(in, {keys::hour_of(*run->finished_at), of, run->status});
}

bool is_unfinished(const std::optional<counted_run>& run) noexcept {
  return run && !is_finished(run->status);
}

}  // namespace

counted_run counted_of(const run_summary& run) {
  return {run.status, run.created_at, run.finished_at};
}

void count_run(batch& to, const scope_name& in, const flow_name& of,
               const std::optional<counted_run>& before, const std::optional<counted_run>& after) {
  if (before == after) return;
  if (!before || !after) {  // the start of a run never changes
    const time_point started = before ? before->created_at : after->created_at;
    to.add(keys::runs_in_hour(in, {keys::hour_of(started), of}), after ? 1 : -1);
  }
  if (!before || !after || before->status != after->status) {
    if (before) to.add(keys::runs_with_status(in, before->status), -1);
    if (after) to.add(keys::runs_with_status(in, after->status), 1);
  }
  if (is_unfinished(before) != is_unfinished(after))
    to.add(keys::unfinished_runs(in, of), is_unfinished(after) ? 1 : -1);
  std::string old_end = hour_of_end(in, of, before), new_end = hour_of_end(in, of, after);
  if (old_end == new_end) return;
  if (!old_end.empty()) to.add(std::move(old_end), -1);
  if (!new_end.empty()) to.add(std::move(new_end), 1);
}

result<std::map<std::string, std::int64_t>> recount_runs(const view& from) {
  std::map<std::string, std::int64_t> sums;
  std::optional<error> failure;
  const auto scanned = from.scan(column::runs, {}, [&](std::string_view, std::string_view bytes) {
    const auto record = decode_run(bytes);
    if (!record) {
      failure = record.error();
      return view::next::stop;
    }
    const run_summary& run = record->summary;
    batch counts;
    count_run(counts, run.key.scope, run.flow.name, std::nullopt, counted_of(run));
    for (const auto& each : counts.operations()) sums[each.key] += each.amount;
    return view::next::more;
  });
  if (!scanned) return scanned.error();
  if (failure) return *failure;
  return sums;
}

}  // namespace pawl::persistence
