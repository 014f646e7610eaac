#include "actors/supervisor.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/blob_keeper.hpp"
#include "actors/catalog.hpp"
#include "actors/cleaner.hpp"
#include "actors/directory.hpp"
#include "actors/dispatcher.hpp"
#include "actors/invocations.hpp"
#include "actors/jobs.hpp"
#include "actors/log_keeper.hpp"
#include "actors/persister.hpp"
#include "actors/syncer.hpp"
#include "actors/timer.hpp"
#include "actors/worker_tasks.hpp"
#include "persistence/keys.hpp"

namespace pawl::actors {
namespace {

template <class Actor, class... Args>
caf::actor spawn_blocking(caf::actor_system& system, blocking_actors where, Args&&... args) {
  return where == blocking_actors::own_threads
             ? system.spawn<Actor, caf::detached>(std::forward<Args>(args)...)
             : system.spawn<Actor>(std::forward<Args>(args)...);
}

}  // namespace

engine_actors start_actors(caf::actor_system& system, const engine_context_ptr& context,
                           blocking_actors blocking) {
  take_places_of_queued_tasks(*context);
  context->step_observer = make_step_observer(context);
  engine_actors started;
  const auto groups = std::make_shared<written_groups>(context);
  const auto syncing = spawn_blocking<syncer>(system, blocking, groups);
  const auto writing = spawn_blocking<persister>(system, blocking, context, syncing, groups);
  started.catalog = spawn_blocking<catalog>(system, blocking, context, writing);
  started.timer = spawn_blocking<timer>(system, blocking, context, writing);
  started.dispatcher = spawn_blocking<dispatcher>(system, blocking, context);
  started.log_keeper = spawn_blocking<log_keeper>(system, blocking, context, writing);
  started.cleaner = spawn_blocking<cleaner>(system, blocking, context, writing, started.log_keeper);
  started.blob_keeper = spawn_blocking<blob_keeper>(system, blocking, context, writing);
  started.jobs = spawn_blocking<jobs>(system, blocking, context, writing, started.cleaner);
  for (std::uint32_t i = 0; i < context->settings.engine.shards; ++i)
    started.shards.push_back(
        system.spawn<directory>(context, writing, started.timer, started.dispatcher));
  // Before any other actor can send to them: a shard that does not know the others would spawn a
  // second actor for one of their runs.
  for (const auto& shard : started.shards) post(shard, set_shards{started.shards});
  for (const auto& shard : started.shards) post(shard, set_cleaner{started.cleaner});
  post(started.timer, set_shards{started.shards});
  post(started.dispatcher, set_shards{started.shards});
  post(started.cleaner, set_shards{started.shards});
  post(started.jobs, set_shards{started.shards});
  started.supervisor =
      spawn_blocking<supervisor>(system, blocking, context, started, writing, syncing);
  return started;
}

supervisor::supervisor(caf::actor_config& config, engine_context_ptr context, engine_actors watched,
                       caf::actor persister, caf::actor syncer)
    : monitoring_actor(config),
      context_(std::move(context)),
      actors_(std::move(watched)),
      persister_(std::move(persister)),
      syncer_(std::move(syncer)),
      committing_left_(actors_.shards.size() + 3) {}

caf::behavior supervisor::make_behavior() {
  watch(persister_);
  watch(syncer_);
  watch(actors_.catalog);
  watch(actors_.timer);
  watch(actors_.dispatcher);
  watch(actors_.cleaner);
  watch(actors_.jobs);
  watch(actors_.log_keeper);
  watch(actors_.blob_keeper);
  for (const auto& shard : actors_.shards) watch(shard);
  recovery_view_ = context_->store->durable_view();
  send_self(recover_next_page{});
  return {
      [this](const recover_next_page&) { recover_next(); },
      [this](const stop_request& s) { stop(s); },
  };
}

std::vector<std::string> supervisor::next_page() {
  const std::size_t max = context_->settings.engine.recovery_batch;
  auto range = index_ == recovery_index::runnable   ? persistence::keys::runnable_runs()
               : index_ == recovery_index::orphaned ? persistence::keys::orphaned_runs()
               : index_ == recovery_index::ended    ? persistence::keys::ended_children()
                                                    : persistence::keys::resumed_children();
  if (!page_from_.empty()) range.from = page_from_;
  std::vector<std::string> page;
  const auto scanned = recovery_view_->scan(
      persistence::column::indexes, range, [&](std::string_view key, std::string_view) {
        page.emplace_back(key);
        return page.size() < max ? persistence::view::next::more : persistence::view::next::stop;
      });
  if (!scanned) context_->log->error("cannot list unfinished runs: {}", scanned.error().message);
  if (!page.empty()) page_from_ = page.back() + '\0';
  return page;
}

void supervisor::recover_next() {
  std::vector<std::string> page;
  if (context_->settings.engine.recovery_batch == 0) index_ = recovery_index::none;
  while (!stopping_ && index_ != recovery_index::none && page.empty()) {
    page = next_page();
    if (!page.empty()) break;
    index_ = static_cast<recovery_index>(static_cast<std::uint8_t>(index_) + 1);
    page_from_.clear();
  }
  if (page.empty()) {
    if (recovery_view_ && recovered_ > 0)
      context_->log->info("unfinished runs recovered: {}", recovered_);
    return recovery_view_.reset();
  }
  context_->log->debug("recovering {} unfinished runs", page.size());
  if (index_ == recovery_index::runnable) recovered_ += page.size();
  auto left = std::make_shared<std::atomic<std::size_t>>(page.size());
  for (const auto& entry : page) {
    recover_entry(entry, reply<void>{[left, self = self()](const result<void>&) {
                    if (left->fetch_sub(1) == 1) post(self, recover_next_page{});
                  }});
  }
}

void supervisor::recover_entry(const std::string& entry, const reply<void>& done) {
  if (const auto ended = persistence::keys::ended_of(entry)) {
    return send(actors_.shard_of(ended->parent), child_ended{ended->parent, ended->child, done});
  }
  if (const auto resumed = persistence::keys::resumed_of(entry)) {
    return send(actors_.shard_of(resumed->parent),
                child_resumed{resumed->parent, resumed->child, done});
  }
  const auto run = persistence::keys::run_of(entry);
  if (!run) {
    context_->log->error("ignored an index entry that names no run");
    return done({});
  }
  if (index_ == recovery_index::orphaned) {
    send(actors_.shard_of(*run), child_orphaned{*run, done});
  } else {
    send(actors_.shard_of(*run), recover_run{*run, done});
  }
}

void supervisor::on_down(const caf::actor_addr& source, const caf::error& reason) {
  if (!stopping_) {
    context_->log->critical("an actor of the engine has crashed: {}", to_string(reason));
    context_->log->flush();
  }
  // These actors handle all expected errors, so this is a defect. All answered commands are
  // durable: it is safe to abort and to recover, but not to continue without the actor.
  PAWL_ASSERT(stopping_, "an actor of the engine ended before it was stopped");
  if (source == syncer_.address()) {
    for (const auto& answer : std::exchange(stop_answers_, {})) answer({});
    return quit();
  }
  const auto is_source = [&](const caf::actor& a) { return a.address() == source; };
  if (is_source(actors_.jobs)) {
    // No job sends commands any more.
    for (const auto& each : {actors_.timer, actors_.dispatcher, actors_.log_keeper})
      send(each, shutdown_run{});
    for (const auto& shard : actors_.shards) send(shard, shutdown_run{});
    return;
  }
  const bool commits = is_source(actors_.timer) || is_source(actors_.dispatcher) ||
                       is_source(actors_.log_keeper) ||
                       std::any_of(actors_.shards.begin(), actors_.shards.end(), is_source);
  if (!commits) return;
  // When all have ended, the persister has the last commits of all runs, and of how far the engine
  // time is ahead, in its mailbox.
  if (--committing_left_ == 0) {
    send(actors_.catalog, shutdown_run{});
    send(actors_.cleaner, shutdown_run{});
    send(actors_.blob_keeper, shutdown_run{});
    send(persister_, shutdown_run{});
  }
}

void supervisor::stop(const stop_request& s) {
  stop_answers_.push_back(s.done);
  if (!std::exchange(stopping_, true)) send(actors_.jobs, shutdown_run{});
}

}  // namespace pawl::actors
