#include "persistence/quarantine.hpp"

#include <optional>
#include <utility>

#include "persistence/codec.hpp"
#include "persistence/keys.hpp"
#include "persistence/not_found.hpp"
#include "persistence/run_counts.hpp"
#include "persistence/runs.hpp"

namespace pawl::persistence {
namespace {

/// How a run is listed.
struct listing {
  const run_record& record;
  bool runnable;
};

std::string key_of(const listing& what) {
  const run_summary& run = what.record.summary;
  return keys::listed_run(run.key, run.status, what.runnable, run.created_at);
}

/// Replaces the record of a run by one with another status, with its index entry and counters.
void change_status(batch& to, const listing& before, const listing& after) {
  const run_key& key = before.record.summary.key;
  const std::string record = encode_run(after.record);
  to.put(column::runs, keys::run(key), record);
  to.erase(column::indexes, key_of(before));
  to.put(column::indexes, key_of(after), record);
  count_run(to, key.scope, before.record.summary.flow.name, before.record.summary.status,
            after.record.summary.status);
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
  const auto record = load_record(from, run);
  if (!record) return record.error();
  if (!*record || is_finished((*record)->summary.status)) return suspect{run};
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
  what.status = (*record)->summary.status;
  const auto runnable = from.get(column::indexes, key_of({**record, true}));
  if (!runnable) return runnable.error();
  what.runnable = runnable->has_value();
  to.put(column::indexes, keys::suspect(run), encode_suspect(what));
  if (!what.is_quarantined()) return what;
  run_record failed = **record;
  failed.summary.status = run_status::failed;
  failed.summary.error = run_error{"engine.quarantined",
                                   "the process died " + std::to_string(what.deaths) +
                                       " times while it worked for this run, the last time by " +
                                       reason + "; fix the cause, then retry the run",
                                   "", 0};
  change_status(to, {**record, what.runnable}, {failed, false});
  return what;
}

result<run_summary> release(const view& from, const suspect& what, batch& to) {
  const auto record = load_record(from, what.run);
  if (!record) return record.error();
  if (!*record) return no_such_run(what.run.id);
  to.erase(column::indexes, keys::suspect(what.run));
  if (!what.is_quarantined()) return (*record)->summary;
  run_record as_before = **record;
  as_before.summary.status = what.status;
  as_before.summary.error.reset();
  change_status(to, {**record, false}, {as_before, what.runnable});
  return as_before.summary;
}

}  // namespace pawl::persistence
