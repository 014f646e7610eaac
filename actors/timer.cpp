#include "actors/timer.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>
#include <caf/all.hpp>

#include "persistence/keys.hpp"

namespace pawl::actors {
namespace {

using namespace std::chrono_literals;

/// Alarms up to so far ahead are held in memory.
constexpr std::chrono::seconds window = 120s;
/// The longest time between two looks: a clock that was set forward is noticed so late.
constexpr std::chrono::seconds longest_sleep = 60s;
constexpr std::size_t most_held = 50'000;
/// Rings under way at once: what falls due together does not bring all runs into memory together.
constexpr std::size_t max_firing = 1'000;

/// Behind every timer: none is in the store alone.
const std::string all_known = "u";

}  // namespace

timer::timer(caf::actor_config& config, engine_context_ptr context)
    : caf::event_based_actor(config),
      context_(std::move(context)),
      known_to_(persistence::keys::timers_before({}).from) {}

caf::behavior timer::make_behavior() {
  return {
      [this](const set_shards& m) {
        shards_ = m.all;
        look();
      },
      [this](const timer_changed& c) { change(c); },
      [this](const timer_fired&) {
        --firing_;
        if (firing_ + 1 == max_firing) look();
      },
      [this](const poll_due& l) {
        if (l.number == looks_) look();
      },
      [this](const shutdown_run&) { quit(); },
  };
}

/// Shards hold the timer as it holds them: one of the two must let go.
void timer::on_exit() {
  shards_.clear();
}

void timer::change(const timer_changed& change) {
  if (change.before) near_.erase(persistence::keys::timer(change.key, *change.before));
  if (!change.after) return;
  std::string key = persistence::keys::timer(change.key, *change.after);
  if (key >= known_to_) return;  // it is read from the store when the window comes to it
  const auto [place, is_new] = near_.insert(std::move(key));
  if (!is_new) return;
  const bool is_first = place == near_.begin();
  if (near_.size() > most_held) {
    known_to_ = *near_.rbegin();
    near_.erase(std::prev(near_.end()));
  }
  if (is_first) look();
}

void timer::look() {
  const time_point now = context_->clock->now();
  if (known_to_ < persistence::keys::timers_before(now + window / 2).to) refill(now);
  while (!near_.empty() && firing_ < max_firing) {
    const auto due = persistence::keys::due_of(*near_.begin());
    if (due && *due > now) break;
    const std::string first = *near_.begin();
    near_.erase(near_.begin());
    ring(first);
    // What was left in the store for want of room comes next.
    if (near_.empty() && known_to_ < persistence::keys::timers_before(now).to) refill(now);
  }
  // Else the rings' answers go on, or nothing is to be waited for.
  if (firing_ < max_firing && !(near_.empty() && known_to_ == all_known)) schedule(now);
}

void timer::refill(time_point now) {
  auto range = persistence::keys::timers_before({});
  const std::string end_of_window = persistence::keys::timers_before(now + window).to;
  range.from = known_to_;
  range.to = all_known;
  known_to_ = all_known;
  std::size_t room = most_held - std::min(near_.size(), most_held);
  const auto scanned = context_->store->durable_view()->scan(
      persistence::column::indexes, range, [&](std::string_view key, std::string_view) {
        if (room == 0 || key >= end_of_window) {
          known_to_ = std::string{key};
          return persistence::view::next::stop;
        }
        --room;
        near_.emplace(key);
        return persistence::view::next::more;
      });
  if (scanned) return;
  context_->log->error("alarms cannot be read: {}", scanned.error().message);
  known_to_ = range.from;
}

void timer::ring(const std::string& timer) {
  const auto key = persistence::keys::run_of(timer);
  if (!key) {
    context_->log->error("an alarm names no run; it is passed over");
    return;
  }
  ++firing_;
  const auto answered = [self = caf::actor{this}](const result<command_done>&) {
    caf::anon_send(self, timer_fired{});
  };
  send(
      shard_of(shards_, *key),
      run_command{*key, std::make_shared<flow::command>(flow::timer_command{context_->rng->draw()}),
                  reply<command_done>{answered}});
}

void timer::schedule(time_point now) {
  std::chrono::microseconds wait = longest_sleep;
  if (!near_.empty()) {
    if (const auto due = persistence::keys::due_of(*near_.begin()))
      wait = std::clamp<std::chrono::microseconds>(*due - now, 0us, longest_sleep);
  }
  // Rounded up: a look that came too early would have to be made again.
  delayed_send(this, std::chrono::ceil<std::chrono::milliseconds>(wait), poll_due{++looks_});
}

}  // namespace pawl::actors
