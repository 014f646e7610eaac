#include "actors/timer.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include <spdlog/spdlog.h>

#include "persistence/clock_lead.hpp"
#include "persistence/keys.hpp"

namespace pawl::actors {
namespace {

using namespace std::chrono_literals;

/// Bounds how many runs are loaded at once when many timers are due, so that other work passes.
constexpr std::size_t max_firing = 512;
/// Before a timer is fired again whose run could not be loaded.
constexpr std::chrono::seconds retry_after = 5s;

}  // namespace

timer::timer(caf::actor_config& config, engine_context_ptr context, caf::actor persister)
    : actor_base(config), context_(std::move(context)), persister_(std::move(persister)) {}

caf::behavior timer::make_behavior() {
  if (const auto stored = persistence::load_clock_lead(*context_->store->durable_view()))
    stored_lead_ = *stored;
  context_->step_timers->on_earlier([to = self()] { post(to, step_timer_started{}); });
  return {
      [this](const set_shards& m) {
        shards_ = m.all;
        fire_due();
      },
      [this](const timer_changed& c) { change(c); },
      [this](const step_timer_started&) { fire_due(); },
      [this](const timer_handled& handled) {
        --firing_;
        if (handled.again) send_self_after(retry_after, timer_changed{*handled.again});
        if (firing_ + 1 == max_firing) fire_due();
      },
      [this](const poll_due& poll) {
        if (poll.number == last_poll_) fire_due();
      },
      // Of the lead. If it could not be stored, the store has failed and is opened again.
      [](const committed&) {},
      [](const commit_failed&) {},
      [this](const shutdown_run&) {
        store_lead();
        quit();
      },
  };
}

/// Breaks reference cycles: the shards and the timers of steps hold the timer.
void timer::on_exit() {
  shards_.clear();
  context_->step_timers->on_earlier({});
}

void timer::change(const timer_changed& change) {
  if (change.before.time) times_.remove(change.key, *change.before.time);
  if (change.before.duration) durations_.remove(change.key, *change.before.duration);
  const bool time_is_first = change.after.time && times_.add(change.key, *change.after.time);
  const bool duration_is_first =
      change.after.duration && durations_.add(change.key, *change.after.duration);
  if (time_is_first || duration_is_first) fire_due();
}

void timer::fire_due() {
  const auto now = context_->engine_time->read();
  store_lead();
  context_->step_timers->fire_due(now.engine_time);
  fire_runs(now);
  schedule(now);
}

void timer::fire_runs(const engine_time::reading& now) {
  if (shards_.empty()) return;
  refill(times_, now.wall_clock);
  refill(durations_, now.engine_time);
  // In turn, so that many timers of one kind do not delay those of the other.
  for (bool more = true; more;) {
    more = false;
    for (const auto& [list, at] :
         {std::pair{&times_, now.wall_clock}, std::pair{&durations_, now.engine_time}}) {
      if (firing_ == max_firing) return;  // their answers continue
      if (const auto due = list->take_due(at)) {
        fire(*due);
        refill(*list, at);
        more = true;
      }
    }
  }
}

void timer::refill(timer_list& list, time_point now) {
  if (!list.must_read(now)) return;
  if (const auto read = list.read(*context_->store->durable_view(), now); !read)
    context_->log->error("cannot read timers: {}", read.error().message);
}

void timer::fire(const std::string& timer_key) {
  const auto key = persistence::keys::run_of(timer_key);
  const auto kind = persistence::keys::timer_kind_of(timer_key);
  if (!key || !kind) {
    context_->log->error("ignored a timer that names no run");
    return;
  }
  ++firing_;
  auto command = std::make_shared<flow::command>(flow::timer_command{context_->rng->draw()});
  timer_changed again{*key, {}, {}};
  (*kind == persistence::timer_kind::time ? again.after.time : again.after.duration) =
      persistence::keys::due_of(timer_key);
  const auto handled = [again](const result<command_done>& done) {
    // A run that could be loaded has no such timer, or has taken it, or has reported it again. One
    // whose key is dropped (`not_supported`) does not continue.
    const bool was_taken =
        done || done.error().code == errc::conflict || done.error().code == errc::not_found ||
        done.error().code == errc::not_supported || done.error().code == errc::illegal_transition;
    return was_taken ? timer_handled{} : timer_handled{again};
  };
  send(shard_of(shards_, *key),
       run_command{*key, std::move(command), reply_by_message<command_done>(self(), handled)});
}

void timer::schedule(const engine_time::reading& now) {
  // If the clock is set forward, timers are late by at most this time.
  const std::chrono::microseconds longest = context_->clock->longest_wait();
  const auto of_steps = context_->step_timers->next_due();
  // The answers of runs continue with theirs.
  const bool waits_for_runs = firing_ == max_firing;
  if (!of_steps && (waits_for_runs || (times_.is_empty() && durations_.is_empty()))) return;
  std::chrono::microseconds wait = longest;
  const auto wake_at = [&](const std::optional<time_point>& due, time_point at) {
    if (due) wait = std::min(wait, std::clamp<std::chrono::microseconds>(*due - at, 0us, longest));
  };
  wake_at(of_steps, now.engine_time);
  if (!waits_for_runs) {
    wake_at(times_.next_due(), now.wall_clock);
    wake_at(durations_.next_due(), now.engine_time);
  }
  // Rounded up: a poll that comes too early finds nothing due.
  send_self_after(std::chrono::ceil<std::chrono::milliseconds>(wait), poll_due{++last_poll_});
}

void timer::store_lead() {
  const auto lead = context_->engine_time->lead();
  if (stored_lead_ && std::chrono::abs(lead - *stored_lead_) < engine_time::noticeable) return;
  stored_lead_ = lead;
  auto writes = std::make_shared<persistence::batch>();
  persistence::store_clock_lead(*writes, lead);
  send(persister_, commit{std::move(writes)});
}

}  // namespace pawl::actors
