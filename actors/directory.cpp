#include "actors/directory.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>
#include <pawl/assert.hpp>
#include <pawl/detail/log_context.hpp>

#include "actors/load_for.hpp"
#include "actors/run.hpp"
#include "persistence/keys.hpp"
#include "persistence/not_found.hpp"
#include "persistence/runs.hpp"

namespace pawl::actors {
namespace {

error engine_stops() {
  return {errc::unavailable, "the engine is stopping"};
}

error wait_cancelled(const run_id& id) {
  return {errc::cancelled, "the wait for run " + id.str() + " was withdrawn; the run continues"};
}

detail::log_about about_run(const run_key& key) {
  return detail::log_about{{.scope = key.scope.str(), .run = key.id.str()}};
}

}  // namespace

directory::directory(caf::actor_config& config, engine_context_ptr context, caf::actor persister,
                     caf::actor timer, caf::actor dispatcher)
    : monitoring_actor(config),
      context_(std::move(context)),
      persister_(std::move(persister)),
      timer_(std::move(timer)),
      dispatcher_(std::move(dispatcher)) {}

caf::behavior directory::make_behavior() {
  return {
      [this](const set_shards& m) { shards_ = m.all; },
      [this](const set_cleaner& m) { cleaner_ = m.cleaner; },
      [this](const history_grown& m) {
        if (cleaner_) send(cleaner_, m);
      },
      [this](run_command& c) { route(c); },
      [this](wait_finished& w) { wait(w); },
      [this](const wait_withdrawn& w) { withdraw(w.wait); },
      [this](child_ended& c) { forward(c.parent, c); },
      [this](child_orphaned& c) { forward(c.child, c); },
      [this](child_resumed& c) { forward(c.parent, c); },
      [this](recover_run& r) { recover(r); },
      [this](hold_run& h) { hold(h); },
      [this](const release_run& r) { release(r); },
      [this](const run_idle& idle) { on_idle(idle); },
      [](const load_answered& answered) { answered.then(); },
      [this](const committed&) { on_committed(); },
      [](const commit_failed&) {},  // the engine stops: no run is restarted
      [this](const restart_run& r) { on_restart(r.key); },
      [this](const check_deadlines_due&) { check_deadlines(); },
      [this](const shutdown_run&) { shutdown_all(); },
  };
}

/// Breaks the reference cycle: the shards hold each other.
void directory::on_exit() {
  shards_.clear();
}

const caf::actor* directory::other_shard(const run_key& key) const {
  PAWL_ASSERT(!shards_.empty(), "set_shards is the first message");
  const caf::actor& responsible = shard_of(shards_, key);
  return responsible.address() == address() ? nullptr : &responsible;
}

directory::entry& directory::activate(const run_key& key) {
  const auto [found, is_new] = active_.try_emplace(key);
  if (is_new) spawn_run(key, found->second);
  return found->second;
}

void directory::spawn_run(const run_key& key, entry& e, active_place place) {
  e.actor = spawn_watched<run_actor>(context_, key, self(), persister_, timer_, dispatcher_, place);
  watched_.emplace(e.actor.address(), key);
  e.sent = 0;
  e.spawned_at = system().clock().now();
}

template <class Message>
void directory::send_to_run(entry& e, Message&& message) {
  ++e.sent;
  send(e.actor, std::forward<Message>(message));
}

void directory::route(run_command& c) {
  if (const auto* const other = other_shard(c.key)) return send(*other, std::move(c));
  if (stopping_) return c.answer(engine_stops());
  if (stash_if_held(c.key, c, [this](run_command& kept) { route(kept); })) return;
  if (const auto suspect = context_->suspects.find(c.key); suspect && suspect->is_quarantined())
    return route_to_quarantined(c, *suspect);
  if (!make_room_for(c)) return;
  entry& e = activate(c.key);
  if (!e.actor) {
    e.stash.push_back(std::move(c));
    return;
  }
  send_to_run(e, std::move(c));
}

/// Takes the place of the run that the command starts, if it starts one. Answers and returns false
/// if the limit of active runs does not allow it.
bool directory::make_room_for(const run_command& c) {
  const auto* const start = std::get_if<flow::start_command>(c.what.get());
  if (start == nullptr || start->parent || active_.contains(c.key)) return true;
  auto& active = context_->active_runs;
  if (active.try_take()) {
    spawn_run(c.key, active_[c.key], active_place::taken);
    return true;
  }
  c.answer(error{errc::overloaded,
                 "too many active runs: the maximum is " + std::to_string(active.most()) +
                     " (engine.max_active_runs); the run was not started, try again later"});
  return false;
}

/// A retry releases the run, which is then loaded. Other commands are refused.
void directory::route_to_quarantined(run_command& c, const persistence::suspect& suspect) {
  const bool is_retry = std::holds_alternative<flow::retry_command>(*c.what);
  if (!is_retry && !releasing_.contains(c.key)) {
    return c.answer(error{errc::illegal_transition,
                          "run " + c.key.id.str() + " is quarantined, because the process died " +
                              std::to_string(suspect.deaths) +
                              " times while it worked for it. Allowed: retry",
                          "engine.quarantined"});
  }
  // Until it is released, further commands wait: a second retry must not release it again.
  const auto [waiting, is_first] = releasing_.try_emplace(c.key);
  if (!is_first) return waiting->second.push_back(std::move(c));
  using answer = std::pair<result<run_summary>, std::shared_ptr<const persistence::batch>>;
  const auto release = [suspect](const engine_context&, const persistence::view& now) {
    auto writes = std::make_shared<persistence::batch>();
    auto released = persistence::release(now, suspect, *writes);
    return answer{std::move(released), std::move(writes)};
  };
  read(release, [this, c](const answer& found) { on_released(c, found.first, found.second); });
}

void directory::on_released(const run_command& c, const result<run_summary>& released,
                            std::shared_ptr<const persistence::batch> writes) {
  auto waiting = releasing_.extract(c.key);
  if (released) {
    // What the run writes comes after this batch.
    context_->suspects.remove(c.key);
    context_->parked.erase(c.key);
    commit_then(std::move(writes), [this, key = c.key, answer = c.answer, run = *released] {
      answer(command_done{.run = run, .before = run_status::failed});
      if (!stopping_) send_to_run(activate(key), activate_run{});
    });
  } else {
    c.answer(released.error());
  }
  for (auto& next : waiting.mapped()) route(next);
}

template <class Read, class Then>
void directory::read(Read from_store, Then then) {
  // The loader holds this actor, which holds the context.
  const auto job = [&context = *context_, from_store = std::move(from_store)] {
    return from_store(context, *context.store->durable_view());
  };
  load_for(*context_->loader, self(), job, std::move(then));
}

void directory::commit_then(std::shared_ptr<const persistence::batch> writes,
                            std::function<void()> then) {
  after_commits_.push_back(std::move(then));
  send(persister_, commit{std::move(writes)});
}

template <class Message>
void directory::forward(const run_key& key, Message& m) {
  if (const auto* const other = other_shard(key)) return send(*other, std::move(m));
  if (stopping_) return;
  if (stash_if_held(key, m, [this, key](Message& kept) { forward(key, kept); })) return;
  if (context_->suspects.is_quarantined(key)) return m.done({});
  entry& e = activate(key);
  if (!e.actor) return m.done({});
  send_to_run(e, std::move(m));
}

void directory::wait(wait_finished& w) {
  if (const auto* const other = other_shard(w.key)) return send(*other, std::move(w));
  if (w.withdrawn.stop_requested()) return w.answer(wait_cancelled(w.key.id));
  if (active_.contains(w.key)) return await_end(w);
  const auto find = [key = w.key](const engine_context&, const persistence::view& now) {
    return persistence::load_record(now, key);
  };
  read(find, [this, w](result<std::optional<persistence::run_record>> found) mutable {
    wait_for_stored(w, std::move(found));
  });
}

void directory::wait_for_stored(wait_finished& w,
                                result<std::optional<persistence::run_record>> found) {
  // A run that was loaded meanwhile knows more.
  if (!active_.contains(w.key)) {
    if (!found) return w.answer(std::move(found).error());
    if (!*found) return w.answer(persistence::no_such_run(w.key.id));
    if (is_finished((*found)->summary.status))
      return w.answer(ended_run{std::move((*found)->summary)});
    if (stopping_) return w.answer(engine_stops());
  }
  await_end(w);
}

void directory::await_end(wait_finished& w) {
  // Waiting for an unfinished run that recovery has not reached resumes it. Without recovery it
  // also resumes the subflows of a run that a command has loaded.
  const bool resumes =
      !active_.contains(w.key) || (context_->settings.engine.recovery_batch == 0 && !stopping_);
  if (entry& e = activate(w.key); resumes && e.actor) send_to_run(e, activate_run{});
  if (w.deadline) schedule_deadline(*w.deadline);
  waits_.add(w.key, w.deadline, std::move(w.answer), std::move(w.withdrawn),
             [self = self()](wait_id id) { post(self, wait_withdrawn{id}); });
}

void directory::recover(recover_run& r) {
  if (const auto* const other = other_shard(r.key)) return send(*other, std::move(r));
  if (stopping_) return;
  if (stash_if_held(r.key, r, [this](recover_run& kept) { recover(kept); })) return;
  if (context_->suspects.is_quarantined(r.key)) return r.done({});
  entry& e = activate(r.key);
  if (!e.actor) return r.done({});
  send_to_run(e, activate_run{std::move(r.done)});
}

template <class Message, class Handle>
bool directory::stash_if_held(const run_key& key, Message& m, Handle handle) {
  if (held_.empty()) return false;
  const auto found = held_.find(key);
  if (found == held_.end()) return false;
  found->second.push_back([kept = std::move(m), handle]() mutable { handle(kept); });
  return true;
}

void directory::hold(hold_run& h) {
  if (const auto* const other = other_shard(h.key)) return send(*other, std::move(h));
  if (stopping_) return h.answer(engine_stops());
  const bool is_free =
      !active_.contains(h.key) && !releasing_.contains(h.key) && !held_.contains(h.key);
  if (is_free) held_.try_emplace(h.key);
  h.answer(hold_answer{is_free});
}

void directory::release(const release_run& r) {
  if (const auto* const other = other_shard(r.key)) return send(*other, r);
  auto released = held_.extract(r.key);
  if (!released) return;
  for (const auto& handle : released.mapped()) handle();
}

void directory::on_idle(const run_idle& idle) {
  const result<ended_run>& run = *idle.run;
  if (!run || is_finished(run->summary.status)) answer_waiters(idle.key, run);
  const auto found = active_.find(idle.key);
  if (found == active_.end() || found->second.sent != idle.received || !found->second.actor) return;
  // Waiting for a run resumes it.
  if (!idle.resumed && run && run->summary.status == run_status::running && waits_.has(idle.key))
    return send_to_run(found->second, activate_run{});
  unwatch(found->second.actor);
  watched_.erase(found->second.actor.address());
  send(found->second.actor, shutdown_run{});
  active_.erase(found);
  end_if_empty();
}

void directory::on_down(const caf::actor_addr& source, const caf::error& reason) {
  const auto known = watched_.find(source);
  if (known == watched_.end()) return;
  const run_key key = std::move(known->second);
  watched_.erase(known);
  const auto found = active_.find(key);
  PAWL_ASSERT(found != active_.end() && found->second.actor, "a watched run is active");
  if (stopping_ || !context_->admitted.is_open()) {
    active_.erase(found);
    return on_shut_down_or_failed(key, reason);
  }
  entry& e = found->second;
  e.actor = nullptr;
  // Crashes count as one row until the run has lived longer than the longest back-off.
  const auto lived = system().clock().now() - e.spawned_at;
  if (lived > context_->settings.engine.restart_max_delay_ms) e.crashes = 0;
  ++e.crashes;
  e.last_crash = to_string(reason);
  // The actor's last commits are on their way through the persister. When this empty batch is
  // durable all of them are, and only then the run may be loaded again.
  commit_then(std::make_shared<const persistence::batch>(), [this, key] { on_fence(key); });
}

void directory::on_shut_down_or_failed(const run_key& key, const caf::error& reason) {
  const bool failed = context_->admitted.now() == admission::state::store_failed;
  answer_waiters(key, failed ? error{errc::unavailable,
                                     "the store has failed: " + to_string(reason), "store_failed"}
                             : engine_stops());
  end_if_empty();
}

void directory::on_committed() {
  const auto then = std::move(after_commits_.front());
  after_commits_.pop_front();
  then();
}

/// All commits of the crashed actor are durable: its run restarts after the back-off.
void directory::on_fence(const run_key& key) {
  const auto found = active_.find(key);
  if (found == active_.end()) return;
  const entry& e = found->second;
  const auto& s = context_->settings.engine;
  auto delay = s.restart_first_delay_ms;
  for (std::uint32_t i = 1; i < e.crashes && delay < s.restart_max_delay_ms; ++i) delay *= 2;
  delay = std::min(delay, s.restart_max_delay_ms);
  const auto here = about_run(key);
  context_->log->error(
      "run crashed (crash {} in a row): {}; resuming from its last checkpoint in "
      "{} ms",
      e.crashes, e.last_crash, delay.count());
  send_self_after(delay, restart_run{key});
}

void directory::on_restart(const run_key& key) {
  const auto found = active_.find(key);
  if (stopping_ || found == active_.end() || found->second.actor) return;
  entry& e = found->second;
  spawn_run(key, e);
  if (e.crashes > context_->settings.engine.restart_limit) {
    quarantine(key, e);
  } else {
    send_to_run(e, activate_run{});
  }
  for (auto& c : std::exchange(e.stash, {})) route(c);
  notify_orphans();
}

void directory::quarantine(const run_key& key, entry& e) {
  const auto here = about_run(key);
  context_->log->error("run crashed {} times in a row; it is quarantined as failed", e.crashes);
  flow::quarantine_command quarantine{"the run crashed " + std::to_string(e.crashes) +
                                      " times in a row, the last time with " + e.last_crash +
                                      "; see the log, then retry it"};
  send_to_run(e, run_command{key, std::make_shared<flow::command>(std::move(quarantine)), {}});
}

void directory::notify_orphans() {
  using runs = std::vector<run_key>;
  const auto find = [](const engine_context& context, const persistence::view& now) {
    runs orphans;
    const auto scanned = now.scan(persistence::column::indexes, persistence::keys::orphaned_runs(),
                                  [&](std::string_view entry, std::string_view) {
                                    if (auto run = persistence::keys::run_of(entry))
                                      orphans.push_back(*std::move(run));
                                    return persistence::view::next::more;
                                  });
    if (!scanned) context.log->error("cannot list orphaned runs: {}", scanned.error().message);
    return orphans;
  };
  read(find, [this](const runs& orphans) {
    for (const auto& run : orphans) send(shard_of(shards_, run), child_orphaned{run, {}});
  });
}

void directory::withdraw(std::uint64_t wait) {
  const auto withdrawn = waits_.take(wait);
  if (withdrawn) withdrawn->second(wait_cancelled(withdrawn->first));
}

void directory::answer_waiters(const run_key& key, const result<ended_run>& run) {
  for (const auto& answer : waits_.take(key)) answer(run);
}

void directory::schedule_deadline(caf::actor_clock::time_point at) {
  if (next_check_ && *next_check_ <= at) return;
  next_check_ = at;
  const auto delay = std::max(at - system().clock().now(), caf::actor_clock::duration_type{0});
  send_self_after(delay, check_deadlines_due{});
}

void directory::check_deadlines() {
  next_check_.reset();
  for (const auto& [run, answer] : waits_.take_passed(system().clock().now())) {
    answer(error{errc::timed_out, "run " + run.str() +
                                      " did not finish within the time-out; it continues, and can "
                                      "be waited for again"});
  }
  if (const auto next = waits_.next_deadline()) schedule_deadline(*next);
}

void directory::shutdown_all() {
  stopping_ = true;
  held_.clear();  // answers `unavailable`
  for (auto& [key, e] : active_)
    if (e.actor) send(e.actor, shutdown_run{});
  std::erase_if(active_, [](const auto& item) { return !item.second.actor; });
  end_if_empty();
}

void directory::end_if_empty() {
  if (!stopping_ || !active_.empty()) return;
  waits_.clear();  // answers `unavailable`
  quit();
}

}  // namespace pawl::actors
