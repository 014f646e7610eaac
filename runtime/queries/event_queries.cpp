#include "runtime/queries/event_queries.hpp"

#include <utility>

#include "actors/engine_context.hpp"
#include "persistence/journal.hpp"
#include "runtime/core.hpp"
#include "runtime/queries/cursor.hpp"
#include "runtime/queries/reading.hpp"
#include "runtime/queries/run_queries.hpp"

namespace pawl {

result<event_page> read_events(const engine_core& core, const scope_name& in,
                               std::optional<journal_position> after, std::size_t limit) {
  if (auto good = check_limit(limit); !good) return std::move(good).error();
  const auto r = begin_reading(core);
  if (!r) return r.error();
  const auto journal = persistence::read_journal(*r->now, in, after, limit);
  if (!journal) return journal.error();
  event_page page;
  page.next = journal->next;
  page.lost = journal->lost;
  for (const auto& [place, entry] : journal->entries) {
    const auto events = run_queries{core}.history(entry.run, entry.checkpoint, 1);
    // The events of a deleted run are gone.
    if (!events && events.error().code == errc::not_found) continue;
    if (!events) return events.error();
    journal_position position = place;
    for (const auto& each : *events) {
      if (each.checkpoint == entry.checkpoint && (!after || position > *after))
        page.events.push_back({position, entry.run.id, each});
      ++position.event;
    }
  }
  return page;
}

std::shared_ptr<subscription> subscribe(const engine_core& core, run_key of, std::size_t capacity) {
  if (core.is_alive()) return core.telemetry->events.subscribe(std::move(of), capacity);
  auto ended = std::make_shared<subscription>(std::move(of), capacity);
  ended->end();
  return ended;
}

}  // namespace pawl
