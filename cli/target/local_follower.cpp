#include "cli/target/local_follower.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <utility>

namespace pawl::cli {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

/// Maximum number of active runs; enough to keep the engine busy.
constexpr std::size_t max_active = 1'000;
/// A stop that takes longer is explained.
constexpr auto stop_note_after = 1s;
constexpr std::size_t event_capacity = 100'000;
constexpr std::size_t events_per_read = 1'000;

bool is_last(const history_event& e) {
  return e.kind == "run_completed" || e.kind == "run_failed" || e.kind == "run_cancelled";
}

}  // namespace

result<std::vector<history_event>> read_history(const scope& of, const run_id& id,
                                                std::uint64_t first) {
  std::vector<history_event> all;
  while (true) {
    auto page = of.runs().history(id, first, events_per_read);
    if (!page) return page;
    if (page->empty()) return all;
    first = page->back().checkpoint + 1;
    all.insert(all.end(), std::make_move_iterator(page->begin()),
               std::make_move_iterator(page->end()));
  }
}

local_follower::local_follower(session& s, engine& source, scope in, watcher& shown,
                               std::optional<run_id> only)
    : session_(s),
      engine_(source),
      in_(std::move(in)),
      shown_(shown),
      only_(std::move(only)),
      events_(in_.events().watch(only_, event_capacity)) {}

void local_follower::add(followed_run run) {
  const run_id id = run.id;
  shown_.follow(run);
  state added;
  if (run.checkpoint > 0) added.check.request(steady::now());
  added.run = std::move(run);
  added.run.past.clear();
  runs_.emplace(id, std::move(added));
  inactive_.push_back(id);
}

void local_follower::activate_more() {
  const std::size_t limit =
      std::min<std::size_t>(max_active, engine_.effective_settings().engine.max_active_runs);
  while (!inactive_.empty() && runs_.size() - inactive_.size() < limit) {
    const run_id id = std::move(inactive_.front());
    inactive_.pop_front();
    // Drop the data of several runs, which is not printed, to save memory.
    in_.runs().wait_async(id, max_duration,
                          [box = inbox_, id, drop_data = !only_](result<run_view> ended) {
                            if (ended && drop_data) drop_values(*ended);
                            const std::lock_guard lock{box->mutex};
                            box->ended.emplace_back(id, std::move(ended));
                            box->filled.notify_one();
                          });
  }
}

void local_follower::handle_event(const live_event& e) {
  const auto found = runs_.find(e.run.id);
  if (found == runs_.end()) return;
  state& s = found->second;
  if (const auto checkpoint = e.what.checkpoint; checkpoint != 0) {
    if (checkpoint <= s.run.checkpoint) return;
    if (s.last != checkpoint) s.events_shown = 0;
    s.last = checkpoint;
    ++s.events_shown;
    s.ended = is_last(e.what);
    if (changes_waits(e.what.kind)) s.check.request(steady::now());
  }
  shown_.on_event(e);
}

void local_follower::drain_events(std::chrono::milliseconds wait) {
  // Handle a bounded number, so that the caller gets to check signals and ended runs.
  auto next = events_->next(wait);
  for (std::size_t taken = 0; next && taken < event_capacity; ++taken) {
    handle_event(*next);
    shown_.tick();
    next = events_->next(0ms);
  }
  if (next) handle_event(*next);
  if (!events_->ended() || !events_->overflowed()) return;
  events_ = in_.events().watch(only_, event_capacity);
  for (auto& [id, s] : runs_) catch_up(s);
}

/// Reads the events before the subscription, or lost by its overflow, from the history. Events that
/// the new subscription repeats are skipped by their checkpoint.
void local_follower::catch_up(state& s) {
  const std::uint64_t first = std::max(s.last, s.run.checkpoint + 1);
  const auto lost = read_history(in_, s.run.id, first);
  if (!lost) return;  // the end of the run has the same error
  std::size_t known = s.last == first ? s.events_shown : 0;
  const run_key key{in_.name(), s.run.id};
  for (const auto& e : *lost) {
    if (e.checkpoint == first && known > 0) {
      --known;
    } else {
      handle_event({key, e});
    }
  }
  s.run.checkpoint = std::max(s.run.checkpoint, s.last);
}

void local_follower::drain_ends() {
  std::deque<std::pair<run_id, result<run_view>>> ended;
  {
    const std::lock_guard lock{inbox_->mutex};
    ended.swap(inbox_->ended);
  }
  if (ended.empty()) return;
  drain_events(0ms);  // the events of a run precede its end
  for (auto& [id, run] : ended) {
    // A stopping engine fails all waits with `unavailable`; the runs have not ended.
    const bool rejected_by_stop = stopping_ && !run && run.error().code == errc::unavailable;
    if (rejected_by_stop || runs_.erase(id) == 0) continue;
    if (run) shown_.on_end(run->summary);
    result_.runs.emplace(id, std::move(run));
  }
}

/// Finishes following the runs that are parked: they wait for a signal, an answer or a command.
/// Shows what the others wait for.
void local_follower::collect_parked(bool until_question) {
  const auto now = steady::now();
  for (auto next = runs_.begin(); next != runs_.end();) {
    const auto current = next++;
    parked_check& check = current->second.check;
    if (!check.is_due(now)) continue;
    check.begin(now);
    const run_id id = current->first;
    auto run = in_.get(id);
    if (!run || is_finished(run->summary.status)) continue;
    shown_.on_view(*run);
    check.found(*run, now);
    if (only_)
      result_.last = read_family(*run, [this](const run_id& subflow) { return in_.get(subflow); });
    if (!run->parked && !(until_question && has_question(result_.last))) continue;
    if (!only_) drop_values(*run);
    std::erase(inactive_, id);
    runs_.erase(current);
    result_.runs.emplace(id, std::move(run));
  }
}

std::optional<follow_end> local_follower::stop_reason(
    std::optional<steady::time_point> deadline) const {
  if (session_.stop_signals().requested()) return follow_end::interrupted;
  if (deadline && steady::now() >= *deadline) return follow_end::timed_out;
  if (session_.out().closed()) return follow_end::output_closed;
  return std::nullopt;
}

/// Shows events until the engine has stopped.
void local_follower::show_until_stopped(follow_end why, const std::atomic<bool>& stopped) {
  const auto begun = steady::now();
  bool noted = why == follow_end::output_closed;
  while (!stopped) {
    drain_ends();
    drain_events(tick_interval);
    shown_.tick();
    if (events_->ended()) {
      std::unique_lock lock{inbox_->mutex};
      inbox_->filled.wait_for(lock, tick_interval, [&] { return stopped.load(); });
    }
    if (noted || steady::now() - begun < stop_note_after) continue;
    noted = true;
    shown_.note(
        "stopping: waiting for running steps; interrupt again to exit now, without data loss");
  }
}

void local_follower::stop_engine(follow_end why) {
  result_.how = why;
  stopping_ = true;
  std::atomic<bool> stopped{false};
  auto stopping = std::async(std::launch::async, [&] {
    result_.stopped = engine_.stop();
    stopped = true;
    inbox_->filled.notify_all();
  });
  show_until_stopped(why, stopped);
  stopping.get();
  drain_ends();
  drain_events(0ms);
}

follow_result local_follower::follow(const follow_options& how) {
  std::optional<steady::time_point> deadline;
  if (how.timeout) deadline = steady::now() + *how.timeout;
  if (how.catch_up)
    for (auto& [id, s] : runs_) catch_up(s);
  drain_events(0ms);  // of the commands that began the runs
  while (!runs_.empty()) {
    if (const auto why = stop_reason(deadline)) {
      stop_engine(*why);
      break;
    }
    collect_parked(how.until_question);
    activate_more();
    if (runs_.empty()) break;
    const bool all_ended =
        std::all_of(runs_.begin(), runs_.end(), [](const auto& r) { return r.second.ended; });
    if (all_ended) {
      std::unique_lock lock{inbox_->mutex};
      inbox_->filled.wait_for(lock, tick_interval, [this] { return !inbox_->ended.empty(); });
    } else {
      drain_events(tick_interval);
    }
    drain_ends();
    shown_.tick();
  }
  if (runs_.empty()) result_.how = follow_end::all_ended;
  shown_.finish();
  return std::move(result_);
}

}  // namespace pawl::cli
