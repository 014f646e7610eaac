#include "runtime/queries/event_page_query.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "flow/values/json_size.hpp"
#include "persistence/journal.hpp"
#include "persistence/record.hpp"
#include "runtime/queries/cursor.hpp"
#include "runtime/queries/history.hpp"
#include "runtime/queries/reading.hpp"

namespace pawl {
namespace {

/// Maximum number of transitions that one page goes through, those of other scopes included.
constexpr std::size_t max_steps_per_page = 20'000;

}  // namespace

event_page_query::event_page_query(const engine_core& core, scope_name in,
                                   std::optional<journal_position> after, std::size_t limit)
    : core_(core), in_(std::move(in)), limit_(limit), after_(after) {}

bool event_page_query::is_complete() const noexcept {
  return !page_.more || transitions_ == limit_ || steps_ >= max_steps_per_page ||
         bytes_ > max_page_bytes;
}

result<bool> event_page_query::read(read_budget& turn) {
  if (auto good = check_limit(limit_); !good) return std::move(good).error();
  const auto r = begin_reading(core_);
  if (!r) return r.error();
  const auto journal = persistence::read_journal(*r->now, in_, after_,
                                                 {limit_ - transitions_, read_budget::max_records});
  if (!journal) return journal.error();
  page_.lost = page_.lost || journal->lost;
  page_.next = journal->next;
  page_.more = journal->more;
  steps_ += journal->steps;
  for (const auto& [place, entry] : journal->entries) {
    const journal_position end{place.group, place.entry, std::numeric_limits<std::uint32_t>::max()};
    const std::size_t before = bytes_;
    auto events = read_checkpoint(*r, entry.run, entry.checkpoint);
    if (!events && persistence::is_unreadable(events.error())) {
      const time_point at = page_.events.empty() ? time_point{} : page_.events.back().what.at;
      events = std::vector{damaged_event(entry.checkpoint, at, events.error())};
    }
    // The events of a deleted run are gone.
    if (!events && events.error().code != errc::not_found) return events.error();
    journal_position position = place;
    for (const auto& each : events ? *events : std::vector<history_event>{}) {
      if (!after_ || position > *after_) {
        bytes_ += flow::json_size(each.detail);
        page_.events.push_back({position, entry.run.id, each});
      }
      ++position.event;
    }
    ++transitions_;
    turn.spend(bytes_ - before);
    if (!turn.is_spent() || &entry == &journal->entries.back().second) continue;
    page_.next = end;
    page_.more = true;
    break;
  }
  after_ = page_.next;
  return is_complete();
}

}  // namespace pawl
