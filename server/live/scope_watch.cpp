#include "server/live/scope_watch.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <pawl/jobs.hpp>

#include "server/views.hpp"

namespace pawl::server {
namespace {

/// Transitions per page of the journal.
constexpr std::size_t journal_page_size = 200;
constexpr std::size_t digest_page_size = 1000;
/// Maximum number of queued live events. Further ones are read from the journal.
constexpr std::size_t max_live_events = 1000;
/// Runs that a stream with a filter remembers.
constexpr std::size_t max_known_runs = 10'000;
/// Of one query about runs. The bytes are those of the ids in its filter, where one always fits.
constexpr std::size_t max_asked_runs = 30;
constexpr std::size_t max_asked_bytes = persistence::max_filter_bytes - 8;
static_assert(max_asked_bytes > 2 * max_id_bytes + 3);
/// Stored events that are skipped before a reader gets a newer id to resume after.
constexpr std::size_t max_skipped = 1000;

bool is_durable(const placed_event& event) noexcept {
  return event.what.checkpoint != 0;
}

run_filter only_these(const std::vector<run_id>& runs) {
  run_filter filter;
  for (const auto& each : runs) {
    filter.where += filter.where.empty() ? "id=" : ",";
    filter.where += persistence::quoted_value(each.str());
  }
  filter.limit = runs.size();
  return filter;
}

}  // namespace

scope_watch::scope_watch(std::shared_ptr<live_streams> served_by, scope in, scope_watch_options how,
                         std::unique_ptr<event_sink> to)
    : event_watch(std::move(served_by), std::move(in), std::move(to)),
      filter_(std::move(how.filter)),
      digest_interval_(how.digest_interval),
      position_(how.after),
      known_(max_known_runs),
      flow_files_(std::move(how.flow_files)) {}

void scope_watch::resubscribe() {
  subscribe(in().events().watch({}, max_live_events));
}

void scope_watch::query_journal() {
  phase_ = phase::querying;
  journal_changed_ = false;
  const std::size_t limit = digest_interval_ ? digest_page_size : journal_page_size;
  in().events().read_async(position_, limit, store_into(answered_page_), gone());
}

void scope_watch::advance() {
  if (digest_interval_) {
    read_jobs();
    read_flow_files();
  }
  read_events();
  if (digest_interval_ && begun_ && !has_ended()) flush_digest();
}

void scope_watch::read_events() {
  if (phase_ == phase::initial) {
    resubscribe();
    return query_journal();
  }
  if (phase_ == phase::querying && !take_page()) return;
  do {
    if (phase_ == phase::selecting && !select_runs()) return;
    if (phase_ == phase::writing && !write_batch()) return;
    if (std::exchange(is_page_, false)) {
      position_ = page_.next;
      if (skipped_ >= max_skipped && digest_.empty()) write_position();
      if (page_.more) return query_journal();
    }
  } while (take_live());
  if (live().ended()) {
    if (!live().overflowed()) return finish();  // the engine stopped
    resubscribe();
    journal_changed_ = true;
  }
  if (journal_changed_ && !waits_for_digest()) query_journal();
}

bool scope_watch::take_page() {
  auto page = take_value(answered_page_);
  if (!page) return false;
  if (page->lost) {
    drop("the events after the last one read are no longer stored");
    return false;
  }
  page_ = *std::move(page);
  is_page_ = true;
  // Without a position to continue from, the first page is empty and its end is the position.
  if (!std::exchange(begun_, true)) to().begin(to_string(position_.value_or(page_.next)));
  begin_batch(std::exchange(page_.events, {}));
  return true;
}

bool scope_watch::take_live() {
  std::vector<placed_event> unstored;
  while (auto event = live().try_next()) {
    if (event->what.checkpoint != 0) {
      journal_changed_ = true;
    } else {
      unstored.push_back({{}, std::move(event->run.id), std::move(event->what)});
    }
  }
  if (unstored.empty()) return false;
  begin_batch(std::move(unstored));
  return true;
}

void scope_watch::begin_batch(std::vector<placed_event> events) {
  batch_ = std::move(events);
  next_in_batch_ = 0;
  // The id of a deleted run may be used again, for a run of another flow.
  for (const auto& each : batch_)
    if (each.what.kind == "run_created") known_.erase(each.run);
  phase_ = filter_.needs_runs() ? phase::selecting : phase::writing;
}

bool scope_watch::select_runs() {
  if (!asked_.empty()) {
    const auto found = take_value(answered_runs_);
    if (!found) return false;
    take_selected(*found);
  }
  std::size_t bytes = 0;
  for (const auto& each : batch_) {
    if (!filter_.fits_event(each.run, each.what.kind) || known_.find(each.run) != nullptr) continue;
    if (std::find(asked_.begin(), asked_.end(), each.run) != asked_.end()) continue;
    bytes += persistence::quoted_value(each.run.str()).size() + 1;
    if (bytes > max_asked_bytes) break;  // asked about next
    asked_.push_back(each.run);
    if (asked_.size() == max_asked_runs) break;
  }
  if (asked_.empty()) {
    phase_ = phase::writing;
    return true;
  }
  in().runs().list_async(only_these(asked_), store_into(answered_runs_), gone());
  return false;
}

/// A run that was not found was deleted, and so were its events.
void scope_watch::take_selected(const run_page& found) {
  for (const auto& id : std::exchange(asked_, {})) {
    const auto run = std::find_if(found.runs.begin(), found.runs.end(),
                                  [&](const run_summary& each) { return each.key.id == id; });
    known_.add(id, run != found.runs.end() && filter_.fits_run(*run));
  }
}

bool scope_watch::is_wanted(const placed_event& event) {
  if (!filter_.fits_event(event.run, event.what.kind)) return false;
  if (!filter_.needs_runs()) return true;
  const bool* const fits = known_.find(event.run);
  return fits != nullptr && *fits;
}

bool scope_watch::write_batch() {
  while (next_in_batch_ < batch_.size()) {
    const placed_event& each = batch_[next_in_batch_++];
    if (is_wanted(each)) {
      if (!write(each)) return false;
    } else if (is_durable(each)) {
      ++skipped_;
    }
  }
  batch_.clear();
  phase_ = phase::idle;
  return true;
}

bool scope_watch::write(const placed_event& event) {
  if (digest_interval_) {
    digest_.add(event.run, event.what);
    return true;
  }
  json data = to_json(event.what, event.position.event);
  data["run"] = event.run.str();
  if (!is_durable(event)) return can_continue(to().event("", event.what.kind, data));
  skipped_ = 0;
  return can_continue(to().event(to_string(event.position), event.what.kind, data));
}

/// So that a reader whose events are rare does not resume after one that is not stored any more.
void scope_watch::write_position() {
  skipped_ = 0;
  to().begin(to_string(*position_));
}

/// Only the last progress counts, so what an overflow has lost does not matter.
void scope_watch::read_jobs() {
  if (!jobs_ || jobs_->overflowed()) {
    jobs_ = in().jobs().watch();
    wake_on(*jobs_);
  }
  while (auto event = jobs_->try_next()) digest_.add_job(std::move(event->what.detail));
}

/// The first digest reports what changed before the stream, so that a reader that comes back misses
/// nothing.
void scope_watch::read_flow_files() {
  if (!flow_files_) return;
  if (!flow_files_listener_) flow_files_listener_ = flow_files_->on_change(waker());
  const std::uint64_t changes = flow_files_->changes();
  if (changes != std::exchange(known_changes_, changes)) digest_.add_flow_files();
}

/// Until then nothing needs to be read either: a busy journal is read in few large pages.
bool scope_watch::waits_for_digest() {
  if (!digest_interval_ || std::chrono::steady_clock::now() >= digest_due_) return false;
  if (!std::exchange(digest_scheduled_, true)) advance_at(digest_due_);
  return true;
}

/// The first digest after a quiet time is written at once.
void scope_watch::flush_digest() {
  if (digest_.empty() || waits_for_digest()) return;
  digest_due_ = std::chrono::steady_clock::now() + *digest_interval_;
  digest_scheduled_ = false;
  skipped_ = 0;
  static_cast<void>(can_continue(
      to().event(position_ ? to_string(*position_) : std::string{}, "digest", digest_.take())));
}

}  // namespace pawl::server
