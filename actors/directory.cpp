#include "actors/directory.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>
#include <caf/all.hpp>
#include <pawl/assert.hpp>
#include <pawl/detail/log_context.hpp>

#include "actors/run.hpp"
#include "persistence/keys.hpp"
#include "persistence/not_found.hpp"
#include "persistence/runs.hpp"

namespace pawl::actors {

directory::directory(caf::actor_config& config, engine_context_ptr context, caf::actor persister,
                     caf::actor timer, caf::actor dispatcher)
    : caf::event_based_actor(config),
      context_(std::move(context)),
      persister_(std::move(persister)),
      timer_(std::move(timer)),
      dispatcher_(std::move(dispatcher)) {
  set_down_handler([this](const caf::down_msg& down) { on_down(down); });
}

caf::behavior directory::make_behavior() {
  return {
      [this](const set_shards& m) { shards_ = m.all; },
      [this](run_command& c) { route(c); },
      [this](wait_finished& w) { wait(w); },
      [this](child_ended& c) { pass_on(c.parent, c); },
      [this](child_orphaned& c) { pass_on(c.child, c); },
      [this](recover_run& r) { recover(r); },
      [this](const run_idle& rest) { on_rest(rest); },
      [this](const committed&) { on_fence(); },
      [](const commit_failed&) {},  // the engine stops: nothing is restarted any more
      [this](const restart_run& r) { on_restart(r.key); },
      [this](const check_deadlines_due&) { check_deadlines(); },
      [this](const shutdown_run&) { shutdown_all(); },
  };
}

/// Shards know each other: all must let go.
void directory::on_exit() {
  shards_.clear();
}

const caf::actor* directory::other_shard(const run_key& key) const {
  PAWL_ASSERT(!shards_.empty(), "a shard meets the others before all else");
  const caf::actor& responsible = shard_of(shards_, key);
  return responsible.address() == address() ? nullptr : &responsible;
}

directory::entry& directory::activate(const run_key& key) {
  const auto [found, is_new] = active_.try_emplace(key);
  if (is_new) spawn_run(key, found->second);
  return found->second;
}

void directory::spawn_run(const run_key& key, entry& e) {
  e.actor = spawn<run_actor, caf::monitored>(context_, key, caf::actor{this}, persister_, timer_,
                                             dispatcher_);
  monitored_.emplace(e.actor.address(), key);
  e.sent = 0;
  e.begun = system().clock().now();
}

void directory::route(run_command& c) {
  if (const auto* const other = other_shard(c.key)) return send(*other, std::move(c));
  if (stopping_) return c.answer(error{errc::unavailable, "the engine is stopping"});
  entry& e = activate(c.key);
  if (!e.actor) {
    e.stash.push_back(std::move(c));
    return;
  }
  ++e.sent;
  send(e.actor, std::move(c));
}

template <class Message>
void directory::pass_on(const run_key& key, Message& m) {
  if (const auto* const other = other_shard(key)) return send(*other, std::move(m));
  if (stopping_) return;
  entry& e = activate(key);
  if (!e.actor) return m.done({});
  ++e.sent;
  send(e.actor, std::move(m));
}

void directory::wait(wait_finished& w) {
  if (const auto* const other = other_shard(w.key)) return send(*other, std::move(w));
  if (!active_.contains(w.key)) {
    auto found = persistence::load_record(*context_->store->durable_view(), w.key);
    if (!found) return w.answer(std::move(found).error());
    if (!*found) return w.answer(persistence::no_such_run(w.key.id));
    if (is_finished((*found)->summary.status))
      return w.answer(ended_run{std::move((*found)->summary)});
    if (stopping_) return w.answer(error{errc::unavailable, "the engine is stopping"});
    // An unfinished run that nobody has brought back yet: whoever waits for it wants it to go on.
    entry& e = activate(w.key);
    ++e.sent;
    send(e.actor, activate_run{});
  }
  if (w.deadline) schedule_deadline(*w.deadline);
  waiters_[w.key].push_back({w.deadline, std::move(w.answer)});
}

void directory::recover(recover_run& r) {
  if (stopping_) return;
  entry& e = activate(r.key);
  if (!e.actor) return r.done({});
  ++e.sent;
  send(e.actor, activate_run{std::move(r.done)});
}

void directory::on_rest(const run_idle& rest) {
  const result<ended_run>& run = *rest.run;
  if (!run || is_finished(run->summary.status)) answer_waiters(rest.key, run);
  const auto found = active_.find(rest.key);
  if (found == active_.end() || found->second.sent != rest.received || !found->second.actor) return;
  if (!rest.went_on && run && run->summary.status == run_status::running &&
      waiters_.contains(rest.key)) {
    // Whoever waits for it wants it to go on.
    ++found->second.sent;
    return send(found->second.actor, activate_run{});
  }
  demonitor(found->second.actor);
  monitored_.erase(found->second.actor.address());
  send(found->second.actor, shutdown_run{});
  active_.erase(found);
  end_if_empty();
}

void directory::on_down(const caf::down_msg& down) {
  const auto known = monitored_.find(down.source);
  if (known == monitored_.end()) return;
  const run_key key = std::move(known->second);
  monitored_.erase(known);
  const auto found = active_.find(key);
  PAWL_ASSERT(found != active_.end() && found->second.actor,
              "a run's actor ended that nobody knew");
  entry& e = found->second;
  if (stopping_ || !context_->admitted.is_open()) {
    active_.erase(found);
    const bool failed = context_->admitted.now() == admission::state::store_failed;
    answer_waiters(
        key, failed ? error{errc::unavailable, "the store has failed: " + to_string(down.reason),
                            "store_failed"}
                    : error{errc::unavailable, "the engine is stopping"});
    return end_if_empty();
  }
  e.actor = nullptr;
  const auto& s = context_->settings.engine;
  // Crashes count together until the run has lived for as long as the longest wait between them.
  if (system().clock().now() - e.begun > s.restart_max_delay_ms) e.crashes = 0;
  ++e.crashes;
  e.last_crash = to_string(down.reason);
  // What the actor had committed is on its way through the persister. Behind this empty batch all
  // of it is durable, and only then the run is loaded again.
  fences_.push_back(key);
  send(persister_, commit{std::make_shared<const persistence::batch>()});
}

/// All that crashed actor had committed is durable: its run goes on after the wait that is due.
void directory::on_fence() {
  const run_key key = std::move(fences_.front());
  fences_.pop_front();
  const auto found = active_.find(key);
  if (found == active_.end()) return;
  const entry& e = found->second;
  const auto& s = context_->settings.engine;
  auto delay = s.restart_first_delay_ms;
  for (std::uint32_t i = 1; i < e.crashes && delay < s.restart_max_delay_ms; ++i) delay *= 2;
  delay = std::min(delay, s.restart_max_delay_ms);
  const detail::log_about here{{.scope = key.scope.str(), .run = key.id.str()}};
  context_->log->error(
      "the run crashed ({}. time): {}; it goes on from its last checkpoint in {} ms", e.crashes,
      e.last_crash, delay.count());
  delayed_send(this, delay, restart_run{key});
}

void directory::on_restart(const run_key& key) {
  const auto found = active_.find(key);
  if (stopping_ || found == active_.end() || found->second.actor) return;
  entry& e = found->second;
  spawn_run(key, e);
  if (e.crashes > context_->settings.engine.restart_limit) {
    const detail::log_about here{{.scope = key.scope.str(), .run = key.id.str()}};
    context_->log->error("the run crashed {} times; it is parked as failed", e.crashes);
    ++e.sent;
    send(e.actor, run_command{key,
                              std::make_shared<flow::command>(flow::quarantine_command{
                                  "the run crashed " + std::to_string(e.crashes) +
                                  " times in a row, the last time with " + e.last_crash +
                                  "; see the log, then retry it"}),
                              {}});
  } else {
    ++e.sent;
    send(e.actor, activate_run{});
  }
  for (auto& c : std::exchange(e.stash, {})) route(c);
  notify_orphans();
}

void directory::notify_orphans() {
  const auto scanned = context_->store->durable_view()->scan(
      persistence::column::indexes, persistence::keys::orphaned_runs(),
      [&](std::string_view entry, std::string_view) {
        if (auto run = persistence::keys::run_of(entry))
          send(shard_of(shards_, *run), child_orphaned{*run, {}});
        return persistence::view::next::more;
      });
  if (!scanned) context_->log->error("unwanted runs cannot be listed: {}", scanned.error().message);
}

void directory::answer_waiters(const run_key& key, const result<ended_run>& run) {
  const auto found = waiters_.find(key);
  if (found == waiters_.end()) return;
  const auto told = std::move(found->second);
  waiters_.erase(found);
  for (const auto& w : told) w.answer(run);
}

void directory::schedule_deadline(caf::actor_clock::time_point at) {
  if (next_check_ && *next_check_ <= at) return;
  next_check_ = at;
  const auto wait = std::max(at - system().clock().now(), caf::actor_clock::duration_type{0});
  delayed_send(this, wait, check_deadlines_due{});
}

void directory::check_deadlines() {
  const auto now = system().clock().now();
  next_check_.reset();
  std::optional<caf::actor_clock::time_point> next;
  for (auto& [key, waiting] : waiters_) {
    std::erase_if(waiting, [&, &run = key](const waiter& w) {
      if (!w.deadline) return false;
      if (*w.deadline > now) {
        next = next ? std::min(*next, *w.deadline) : *w.deadline;
        return false;
      }
      w.answer(error{errc::timed_out, "run " + run.id.str() +
                                          " has not finished in this time; it " +
                                          "goes on, and can be waited for again"});
      return true;
    });
  }
  std::erase_if(waiters_, [](const auto& item) { return item.second.empty(); });
  if (next) schedule_deadline(*next);
}

void directory::shutdown_all() {
  stopping_ = true;
  for (auto& [key, e] : active_) {
    if (e.actor) send(e.actor, shutdown_run{});
  }
  std::erase_if(active_, [](const auto& item) { return !item.second.actor; });
  end_if_empty();
}

void directory::end_if_empty() {
  if (!stopping_ || !active_.empty()) return;
  waiters_.clear();  // each is answered `unavailable`
  quit();
}

}  // namespace pawl::actors
