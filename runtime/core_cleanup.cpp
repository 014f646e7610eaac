#include <utility>

#include "actors/removal_messages.hpp"
#include "actors/supervisor.hpp"
#include "runtime/call_size.hpp"
#include "runtime/callbacks.hpp"
#include "runtime/core.hpp"
#include "runtime/queries/cursor.hpp"

namespace pawl {
namespace {

/// Maximum number of records of runs that one page of a cleanup reads.
constexpr std::size_t max_examined = 20'000;

/// Which runs of a scope a cleanup deletes. Error: `invalid_argument`, if none.
result<persistence::due_runs::rule> rule_of(const scope_name& in, const cleanup_options& what,
                                            const retention_settings& kept, time_point now) {
  if (what.older_than) {
    if (what.older_than->count() < 0 || *what.older_than > max_duration)
      return error{errc::invalid_argument, "older_than must be between 0 and 100 years"};
    const time_point before = now - *what.older_than;
    return persistence::due_runs::rule{before, before, before, in};
  }
  persistence::due_runs::rule rule = persistence::due_runs::rule_of(kept, now);
  rule.scope = in;
  if (rule.any()) return rule;
  return error{errc::invalid_argument,
               "no runs are to be deleted: give a minimum age, or set retention.completed_for_ms, "
               "retention.failed_for_ms or retention.cancelled_for_ms"};
}

/// The key that a cursor holds, which is of a run of the scope; empty for the first page.
result<std::string> place_of(const scope_name& in, const std::string& cursor) {
  if (cursor.empty()) return std::string{};
  auto key = key_in_cursor(cursor);
  if (!key) return key;
  const auto run =
      persistence::keys::listed_status(*key) ? persistence::keys::run_of(*key) : std::nullopt;
  if (!run || run->scope != in) return invalid_cursor();
  return key;
}

}  // namespace

void engine_core::remove_run(const run_key& key, callback<run_removed> done) {
  actors::call_place place{actors::call_kind::command, key.scope, command_overhead_bytes};
  const auto open = admit(place);
  if (!open) return done(open.error());
  auto answer = reply_to(open->context, std::move(place), std::move(done));
  actors::post(open->actors->cleaner, actors::remove_run{key, std::move(answer)});
}

void engine_core::keep_run(const run_key& key, bool keep, callback<void> done) {
  actors::call_place place{actors::call_kind::command, key.scope, command_overhead_bytes};
  const auto open = admit(place);
  if (!open) return done(open.error());
  auto answer = reply_to(open->context, std::move(place), std::move(done));
  actors::post(open->actors->cleaner, actors::keep_run{key, keep, std::move(answer)});
}

std::shared_ptr<subscription> engine_core::watch_deletions(std::size_t capacity) const {
  return telemetry->events.subscribe_to_deletions(capacity);
}

void engine_core::clean_up(const scope_name& in, const cleanup_options& what,
                           callback<cleanup_page> done) {
  actors::call_place place{actors::call_kind::command, in, command_overhead_bytes};
  const auto open = admit(place);
  if (!open) return done(open.error());
  const auto answer = reply_to(open->context, std::move(place), std::move(done))
                          .after<cleanup_page>([](cleanup_page page) {
                            if (!page.next.empty()) page.next = make_cursor(page.next);
                            return page;
                          });
  auto rule = rule_of(in, what, settings.retention, open->context->clock->now());
  if (!rule) return answer(std::move(rule).error());
  if (auto good = check_limit(what.limit); !good) return answer(std::move(good).error());
  auto after = place_of(in, what.cursor);
  if (!after) return answer(std::move(after).error());
  actors::post(
      open->actors->cleaner,
      actors::clean_up{
          *std::move(rule), {what.limit, max_examined}, what.dry_run, *std::move(after), answer});
}

}  // namespace pawl
