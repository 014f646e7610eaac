#include "cli/follow.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <utility>

namespace pawl::cli {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

/// How long nothing may happen before a picture is drawn again.
constexpr auto tick_every = 50ms;
/// Runs that are awake together: enough to keep an engine busy, few enough to be looked at.
constexpr std::size_t most_awake = 1'000;
constexpr std::size_t event_capacity = 100'000;
constexpr std::size_t history_page = 1'000;

bool is_last(const history_event& e) {
  return e.kind == "run_completed" || e.kind == "run_failed" || e.kind == "run_cancelled";
}

}  // namespace

result<std::vector<history_event>> whole_history(const scope& of, const run_id& id,
                                                 std::uint64_t first) {
  std::vector<history_event> all;
  while (true) {
    auto page = of.runs().history(id, first, history_page);
    if (!page) return page;
    if (page->empty()) return all;
    first = page->back().checkpoint + 1;
    all.insert(all.end(), std::make_move_iterator(page->begin()),
               std::make_move_iterator(page->end()));
  }
}

follower::follower(session& s, engine& source, scope in, watcher& shown, std::optional<run_id> only)
    : session_(s),
      engine_(source),
      in_(std::move(in)),
      shown_(shown),
      only_(std::move(only)),
      events_(in_.events().watch(only_, event_capacity)) {}

void follower::add(followed_run run) {
  const run_id id = run.id;
  shown_.follow(run);
  state added;
  added.look = run.checkpoint > 0;
  added.run = std::move(run);
  added.run.past.clear();
  runs_.emplace(id, std::move(added));
  asleep_.push_back(id);
}

void follower::wake_more() {
  const std::size_t most =
      std::min<std::size_t>(most_awake, engine_.effective_settings().engine.max_active_runs);
  while (!asleep_.empty() && runs_.size() - asleep_.size() < most) {
    const run_id id = std::move(asleep_.front());
    asleep_.pop_front();
    // Of many runs the data is not kept: nobody would look at all of it.
    in_.runs().wait_async(id, max_duration,
                          [box = inbox_, id, slim = !only_](result<run_view> ended) {
                            if (ended && slim) ended->data = json::object();
                            const std::lock_guard lock{box->mutex};
                            box->ended.emplace_back(id, std::move(ended));
                            box->filled.notify_one();
                          });
  }
}

void follower::take(const live_event& e) {
  const auto found = runs_.find(e.run.id);
  if (found == runs_.end()) return;
  state& s = found->second;
  if (const auto checkpoint = e.what.checkpoint; checkpoint != 0) {
    if (checkpoint <= s.run.checkpoint) return;
    if (s.last != checkpoint) s.told_of = 0;
    s.last = checkpoint;
    ++s.told_of;
    s.ended = is_last(e.what);
    s.look |= e.what.kind == "signal_awaited" || e.what.kind == "interrupted" ||
              e.what.kind == "run_paused";
  }
  shown_.on_event(e);
}

void follower::take_events(std::chrono::milliseconds wait) {
  // At most what the queue held when we came: signals and ends are looked at in between.
  auto next = events_->next(wait);
  for (std::size_t taken = 0; next && taken < event_capacity; ++taken) {
    take(*next);
    shown_.tick();
    next = events_->next(0ms);
  }
  if (next) take(*next);
  if (!events_->ended() || !events_->overflowed()) return;
  events_ = in_.events().watch(only_, event_capacity);
  for (auto& [id, s] : runs_) catch_up(s);
}

/// Tells what was lost, from the history. What comes of it in the new subscription too is then
/// known by its checkpoint.
void follower::catch_up(state& s) {
  const std::uint64_t first = std::max(s.last, s.run.checkpoint + 1);
  const auto lost = whole_history(in_, s.run.id, first);
  if (!lost) return;  // its end tells the same error
  std::size_t known = s.last == first ? s.told_of : 0;
  const run_key key{in_.name(), s.run.id};
  for (const auto& e : *lost) {
    if (e.checkpoint == first && known > 0) {
      --known;
    } else {
      take({key, e});
    }
  }
  s.run.checkpoint = std::max(s.run.checkpoint, s.last);
}

void follower::take_ends() {
  std::deque<std::pair<run_id, result<run_view>>> ended;
  {
    const std::lock_guard lock{inbox_->mutex};
    ended.swap(inbox_->ended);
  }
  if (ended.empty()) return;
  take_events(0ms);  // a run's last events were there before its end
  for (auto& [id, run] : ended) {
    // Who is waiting while the engine stops is sent away: the run has not ended.
    const bool sent_away = stopping_ && !run && run.error().code == errc::unavailable;
    if (sent_away || runs_.erase(id) == 0) continue;
    if (run) shown_.on_end(run->summary);
    result_.runs.emplace(id, std::move(run));
  }
}

/// Takes the runs in which nothing happens any more until somebody sends a signal or a command.
void follower::take_parked() {
  for (auto next = runs_.begin(); next != runs_.end();) {
    const auto current = next++;
    if (!std::exchange(current->second.look, false)) continue;
    const run_id id = current->first;
    auto run = in_.get(id);
    if (!run || !run->parked || is_finished(run->summary.status)) continue;
    if (!only_) run->data = json::object();
    std::erase(asleep_, id);
    runs_.erase(current);
    result_.runs.emplace(id, std::move(run));
  }
}

std::optional<follow_end> follower::asked_to_stop(
    std::optional<steady::time_point> deadline) const {
  if (session_.stop_signals().requested()) return follow_end::interrupted;
  if (deadline && steady::now() >= *deadline) return follow_end::timed_out;
  if (session_.out().closed()) return follow_end::output_closed;
  return std::nullopt;
}

/// Tells what still happens while the engine stops, until it has.
void follower::tell_while_stopping(follow_end why, const std::atomic<bool>& stopped) {
  const auto begun = steady::now();
  bool told = why == follow_end::output_closed;
  while (!stopped) {
    take_ends();
    take_events(tick_every);
    shown_.tick();
    if (events_->ended()) {
      std::unique_lock lock{inbox_->mutex};
      inbox_->filled.wait_for(lock, tick_every, [&] { return stopped.load(); });
    }
    if (told || steady::now() - begun < 4 * tick_every) continue;
    told = true;
    shown_.note("stopping: steps under way may finish; once more ends at once, nothing is lost");
  }
}

void follower::stop_engine(follow_end why) {
  result_.how = why;
  stopping_ = true;
  std::atomic<bool> stopped{false};
  auto stopping = std::async(std::launch::async, [&] {
    result_.stopped = engine_.stop();
    stopped = true;
    inbox_->filled.notify_all();
  });
  tell_while_stopping(why, stopped);
  stopping.get();
  take_ends();
  take_events(0ms);
}

follow_result follower::follow(std::optional<std::chrono::milliseconds> timeout) {
  std::optional<steady::time_point> deadline;
  if (timeout) deadline = steady::now() + *timeout;
  while (!runs_.empty()) {
    if (const auto why = asked_to_stop(deadline)) {
      stop_engine(*why);
      break;
    }
    take_parked();
    wake_more();
    if (runs_.empty()) break;
    const bool only_ends_left =
        std::all_of(runs_.begin(), runs_.end(), [](const auto& r) { return r.second.ended; });
    if (only_ends_left) {
      std::unique_lock lock{inbox_->mutex};
      inbox_->filled.wait_for(lock, tick_every, [this] { return !inbox_->ended.empty(); });
    } else {
      take_events(tick_every);
    }
    take_ends();
    shown_.tick();
  }
  if (runs_.empty()) result_.how = follow_end::all_ended;
  shown_.finish();
  return std::move(result_);
}

}  // namespace pawl::cli
