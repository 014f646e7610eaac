#include "persistence/quarantine.hpp"

#include <optional>
#include <utility>

#include "persistence/codec.hpp"
#include "persistence/keys.hpp"
#include "persistence/not_found.hpp"
#include "persistence/run_counts.hpp"
#include "persistence/run_index.hpp"

namespace pawl::persistence {
namespace {

/// Replaces the record of a run by one with another status, with its index entries and counters.
/// It keeps what it waits for: the state of the run does not change.
void change_status(batch& to, const listed_run& before, const listed_run& after) {
  const run_summary& run = before.record.summary;
  run_record record = after.record;
  record.summary.waits.clear();
  to.put(column::runs, keys::run(run.key), encode_run(record));
  to.erase(column::indexes, keys::listed_run(run.key, run.status, before.runnable, run.created_at));
  to.put(column::indexes,
         keys::listed_run(run.key, after.record.summary.status, after.runnable, run.created_at),
         encode_run(after.record));
  index_terms(to, run.key, run.created_at, terms_of(run), terms_of(after.record.summary));
  count_run(to, run.key.scope, run.flow.name, counted_of(run), counted_of(after.record.summary));
}

}  // namespace

result<std::vector<suspect>> load_suspects(const view& from) {
  std::vector<suspect> all;
  std::optional<error> failure;
  const auto scanned = from.scan(
      column::indexes, keys::suspects(), [&](std::string_view key, std::string_view bytes) {
        auto run = keys::run_of(key);
        auto decoded = decode_suspect(bytes);
        if (!run || !decoded) {
          failure = decoded ? error{errc::corrupt, "an index entry does not name a run"}
                            : std::move(decoded).error();
          return view::next::stop;
        }
        decoded->run = *std::move(run);
        all.push_back(*std::move(decoded));
        return view::next::more;
      });
  if (!scanned) return scanned.error();
  if (failure) return *failure;
  return all;
}

result<suspect> note_death(const view& from, const run_key& run, const std::string& reason,
                           batch& to) {
  const auto listed = load_listed(from, run);
  if (!listed) return listed.error();
  if (!*listed || is_finished((*listed)->record.summary.status)) return suspect{run};
  const auto known = from.get(column::indexes, keys::suspect(run));
  if (!known) return known.error();
  suspect what{run};
  if (*known) {
    auto decoded = decode_suspect(**known);
    if (!decoded) return std::move(decoded).error();
    what.deaths = decoded->deaths;
  }
  ++what.deaths;
  what.reason = reason;
  what.status = (*listed)->record.summary.status;
  what.runnable = (*listed)->runnable;
  to.put(column::indexes, keys::suspect(run), encode_suspect(what));
  if (!what.is_quarantined()) return what;
  run_record failed = (*listed)->record;
  failed.summary.status = run_status::failed;
  failed.summary.error = run_error{"engine.quarantined",
                                   "the process died " + std::to_string(what.deaths) +
                                       " times while it worked for this run, the last time by " +
                                       reason + "; fix the cause, then retry the run",
                                   "", 0};
  change_status(to, **listed, {failed, false});
  return what;
}

result<run_summary> release(const view& from, const suspect& what, batch& to) {
  const auto listed = load_listed(from, what.run);
  if (!listed) return listed.error();
  if (!*listed) return no_such_run(what.run.id);
  to.erase(column::indexes, keys::suspect(what.run));
  run_record as_before = (*listed)->record;
  if (what.is_quarantined()) {
    as_before.summary.status = what.status;
    as_before.summary.error.reset();
    change_status(to, **listed, {as_before, what.runnable});
  }
  as_before.summary.waits.clear();
  return as_before.summary;
}

}  // namespace pawl::persistence
