#include "persistence/run_counts.hpp"

#include <utility>

#include "persistence/codec.hpp"
#include "persistence/keys.hpp"

namespace pawl::persistence {
namespace {

/// The counters that have a run; empty ones do not.
struct counters_of_run {
  std::string status;
  std::string unfinished;
  std::string started;
  std::string ended;
};

counters_of_run counters_of(const scope_name& in, const flow_name& of, const counted_run& run) {
  counters_of_run found;
  found.status = keys::runs_with_status(in, run.status);
  if (!is_finished(run.status)) found.unfinished = keys::unfinished_runs(in, of);
  found.started = keys::runs_in_hour(in, {keys::hour_of(run.created_at), of});
  // A quarantined run has failed without an end.
  if (is_finished(run.status) && run.finished_at)
    found.ended = keys::runs_in_hour(in, {keys::hour_of(*run.finished_at), of, run.status});
  return found;
}

void move_count(batch& to, std::string before, std::string after) {
  if (before == after) return;
  if (!before.empty()) to.add(std::move(before), -1);
  if (!after.empty()) to.add(std::move(after), 1);
}

}  // namespace

counted_run counted_of(const run_summary& run) {
  return {run.status, run.created_at, run.finished_at};
}

void count_run(batch& to, const scope_name& in, const flow_name& of,
               const std::optional<counted_run>& before, const std::optional<counted_run>& after) {
  auto from = before ? counters_of(in, of, *before) : counters_of_run{};
  auto into = after ? counters_of(in, of, *after) : counters_of_run{};
  move_count(to, std::move(from.status), std::move(into.status));
  move_count(to, std::move(from.unfinished), std::move(into.unfinished));
  move_count(to, std::move(from.started), std::move(into.started));
  move_count(to, std::move(from.ended), std::move(into.ended));
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
