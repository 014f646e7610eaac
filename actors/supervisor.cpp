#include "actors/supervisor.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <utility>

#include <spdlog/spdlog.h>
#include <caf/all.hpp>

#include "actors/catalog.hpp"
#include "actors/directory.hpp"
#include "actors/dispatcher.hpp"
#include "actors/persister.hpp"
#include "actors/reader.hpp"
#include "actors/timer.hpp"
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
  engine_actors started;
  const auto to_disk = spawn_blocking<syncer>(system, blocking, context);
  const auto writer = spawn_blocking<persister>(system, blocking, context, to_disk);
  started.reader = spawn_blocking<reader>(system, blocking);
  started.catalog = system.spawn<catalog>(context, writer);
  started.timer = system.spawn<timer>(context);
  started.dispatcher = system.spawn<dispatcher>(context);
  for (std::uint32_t i = 0; i < context->settings.engine.shards; ++i)
    started.shards.push_back(
        system.spawn<directory>(context, writer, started.timer, started.dispatcher));
  // Before anybody else can send to them: a shard that does not know the others would make a second
  // actor for a run of theirs.
  const auto introduce = [&](const caf::actor& to) {
    caf::anon_send(to, set_shards{started.shards});
  };
  for (const auto& shard : started.shards) introduce(shard);
  introduce(started.timer);
  introduce(started.dispatcher);
  started.supervisor = system.spawn<supervisor>(context, started, writer, to_disk);
  return started;
}

supervisor::supervisor(caf::actor_config& config, engine_context_ptr context, engine_actors watched,
                       caf::actor persister, caf::actor syncer)
    : caf::event_based_actor(config),
      context_(std::move(context)),
      watched_(std::move(watched)),
      persister_(std::move(persister)),
      syncer_(std::move(syncer)),
      shards_left_(watched_.shards.size()) {
  set_down_handler([this](const caf::down_msg& down) { on_down(down); });
}

caf::behavior supervisor::make_behavior() {
  monitor(persister_);
  monitor(syncer_);
  monitor(watched_.catalog);
  monitor(watched_.reader);
  monitor(watched_.timer);
  monitor(watched_.dispatcher);
  for (const auto& shard : watched_.shards) monitor(shard);
  recovering_ = context_->store->durable_view();
  send(this, recover_next_page{});
  return {
      [this](const recover_next_page&) { recover_next(); },
      [this](const stop_request& s) { stop(s); },
  };
}

std::vector<std::string> supervisor::next_page() {
  const std::size_t at_once = context_->settings.engine.recovery_batch;
  auto range = what_ == recovering::moving     ? persistence::keys::runnable_runs()
               : what_ == recovering::orphaned ? persistence::keys::orphaned_runs()
                                               : persistence::keys::ended_children();
  if (!recover_from_.empty()) range.from = recover_from_;
  std::vector<std::string> page;
  const auto scanned = recovering_->scan(
      persistence::column::indexes, range, [&](std::string_view key, std::string_view) {
        page.emplace_back(key);
        return page.size() < at_once ? persistence::view::next::more
                                     : persistence::view::next::stop;
      });
  if (!scanned)
    context_->log->error("unfinished runs cannot be listed: {}", scanned.error().message);
  if (!page.empty()) recover_from_ = page.back() + '\0';
  return page;
}

void supervisor::recover_next() {
  std::vector<std::string> page;
  if (context_->settings.engine.recovery_batch == 0) what_ = recovering::nothing;
  while (!stopping_ && what_ != recovering::nothing && page.empty()) {
    page = next_page();
    if (!page.empty()) break;
    what_ = static_cast<recovering>(static_cast<std::uint8_t>(what_) + 1);
    recover_from_.clear();
  }
  if (page.empty()) return recovering_.reset();
  context_->log->debug("bringing back {} unfinished runs", page.size());
  auto left = std::make_shared<std::atomic<std::size_t>>(page.size());
  const auto one_less = [left, self = caf::actor{this}](const result<void>&) {
    if (left->fetch_sub(1) == 1) caf::anon_send(self, recover_next_page{});
  };
  for (const auto& entry : page) {
    const auto ended = persistence::keys::ended_of(entry);
    const auto run = ended ? std::optional{ended->parent} : persistence::keys::run_of(entry);
    if (!run) {
      context_->log->error("an index entry names no run; it is passed over");
      one_less({});
      continue;
    }
    const auto& shard = watched_.shard_of(*run);
    reply<void> done{one_less};
    if (ended) {
      send(shard, child_ended{*run, ended->child, std::move(done)});
    } else if (what_ == recovering::orphaned) {
      send(shard, child_orphaned{*run, std::move(done)});
    } else {
      send(shard, recover_run{*run, std::move(done)});
    }
  }
}

void supervisor::on_down(const caf::down_msg& down) {
  if (!stopping_) {
    context_->log->critical("a part of the engine has died: {}", to_string(down.reason));
    context_->log->flush();
  }
  // They catch what can be expected, so this is a mistake in Pawl. What was answered is durable:
  // ending here and going on from there is safe, going on without them is not.
  PAWL_ASSERT(stopping_, "a part of the engine died that must not");
  if (down.source == syncer_.address()) {
    for (const auto& answer : std::exchange(stop_answers_, {})) answer({});
    return quit();
  }
  const auto is_shard = [&](const caf::actor& a) { return a.address() == down.source; };
  if (!std::any_of(watched_.shards.begin(), watched_.shards.end(), is_shard)) return;
  // The last commits of all runs are with the persister by now: it ends behind them.
  if (--shards_left_ == 0) {
    send(watched_.catalog, shutdown_run{});
    send(watched_.reader, shutdown_run{});
    send(persister_, shutdown_run{});
  }
}

void supervisor::stop(const stop_request& s) {
  stop_answers_.push_back(s.done);
  if (std::exchange(stopping_, true)) return;
  for (const auto& waker : {watched_.timer, watched_.dispatcher}) send(waker, shutdown_run{});
  for (const auto& shard : watched_.shards) send(shard, shutdown_run{});
}

}  // namespace pawl::actors
