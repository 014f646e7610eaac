#include "actors/timer.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "persistence/keys.hpp"

namespace pawl::actors {
namespace {

using namespace std::chrono_literals;

/// Timers that are due within this time are held in memory.
constexpr std::chrono::seconds window = 120s;
constexpr std::size_t max_upcoming = 50'000;
/// Bounds how many runs are loaded at once when many timers are due, so that other work passes.
constexpr std::size_t max_firing = 128;
/// Before a timer is fired again whose run could not be loaded.
constexpr std::chrono::seconds retry_after = 5s;

/// After every timer's key: no timer is in the store only.
const std::string end_of_timers = "u";

}  // namespace

timer::timer(caf::actor_config& config, engine_context_ptr context)
    : actor_base(config),
      context_(std::move(context)),
      read_to_(persistence::keys::timers_before({}).from) {}

caf::behavior timer::make_behavior() {
  return {
      [this](const set_shards& m) {
        shards_ = m.all;
        fire_due();
      },
      [this](const timer_changed& c) { change(c); },
      [this](const timer_handled& handled) {
        --firing_;
        if (handled.again) send_self_after(retry_after, timer_changed{*handled.again});
        if (firing_ + 1 == max_firing) fire_due();
      },
      [this](const poll_due& poll) {
        if (poll.number == last_poll_) fire_due();
      },
      [this](const shutdown_run&) { quit(); },
  };
}

/// Breaks a reference cycle: the shards hold the timer.
void timer::on_exit() {
  shards_.clear();
}

void timer::change(const timer_changed& change) {
  if (change.before) upcoming_.erase(persistence::keys::timer(change.key, *change.before));
  if (!change.after) return;
  std::string key = persistence::keys::timer(change.key, *change.after);
  if (key >= read_to_) return;  // read from the store when the window reaches it
  const auto [place, is_new] = upcoming_.insert(std::move(key));
  if (!is_new) return;
  const bool is_first = place == upcoming_.begin();
  if (upcoming_.size() > max_upcoming) {
    read_to_ = *upcoming_.rbegin();
    upcoming_.erase(std::prev(upcoming_.end()));
  }
  if (is_first) fire_due();
}

void timer::fire_due() {
  const time_point now = context_->clock->now();
  if (read_to_ < persistence::keys::timers_before(now + window / 2).to) refill(now);
  while (!upcoming_.empty() && firing_ < max_firing) {
    const auto due = persistence::keys::due_of(*upcoming_.begin());
    if (due && *due > now) break;
    const std::string first = *upcoming_.begin();
    upcoming_.erase(upcoming_.begin());
    fire(first);
    // Timers that did not fit into memory are next.
    if (upcoming_.empty() && read_to_ < persistence::keys::timers_before(now).to) refill(now);
  }
  // With `max_firing` timers under way, their answers continue. Without timers nothing is due.
  if (firing_ < max_firing && !(upcoming_.empty() && read_to_ == end_of_timers)) schedule(now);
}

void timer::refill(time_point now) {
  auto range = persistence::keys::timers_before({});
  const std::string end_of_window = persistence::keys::timers_before(now + window).to;
  range.from = read_to_;
  range.to = end_of_timers;
  read_to_ = end_of_timers;
  std::size_t room = max_upcoming - std::min(upcoming_.size(), max_upcoming);
  const auto scanned = context_->store->durable_view()->scan(
      persistence::column::indexes, range, [&](std::string_view key, std::string_view) {
        if (room == 0 || key >= end_of_window) {
          read_to_ = std::string{key};
          return persistence::view::next::stop;
        }
        --room;
        upcoming_.emplace(key);
        return persistence::view::next::more;
      });
  if (scanned) return;
  context_->log->error("cannot read timers: {}", scanned.error().message);
  read_to_ = range.from;
}

void timer::fire(const std::string& timer_key) {
  const auto key = persistence::keys::run_of(timer_key);
  if (!key) {
    context_->log->error("ignored a timer that names no run");
    return;
  }
  ++firing_;
  auto command = std::make_shared<flow::command>(flow::timer_command{context_->rng->draw()});
  const timer_changed again{*key, {}, persistence::keys::due_of(timer_key)};
  const auto handled = [again](const result<command_done>& done) {
    // A run that could be loaded has no such timer, or has taken it.
    const bool was_taken = done || done.error().code == errc::conflict ||
                           done.error().code == errc::not_found ||
                           done.error().code == errc::illegal_transition;
    return was_taken ? timer_handled{} : timer_handled{again};
  };
  send(shard_of(shards_, *key),
       run_command{*key, std::move(command), reply_by_message<command_done>(self(), handled)});
}

void timer::schedule(time_point now) {
  // If the clock is set forward, timers are late by at most this time.
  const std::chrono::microseconds longest = context_->clock->longest_wait();
  std::chrono::microseconds wait = longest;
  if (!upcoming_.empty()) {
    if (const auto due = persistence::keys::due_of(*upcoming_.begin()))
      wait = std::clamp<std::chrono::microseconds>(*due - now, 0us, longest);
  }
  // Rounded up: a poll that comes too early finds nothing due.
  send_self_after(std::chrono::ceil<std::chrono::milliseconds>(wait), poll_due{++last_poll_});
}

}  // namespace pawl::actors
