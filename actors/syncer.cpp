#include "actors/syncer.hpp"

#include <utility>

#include "actors/store_failure.hpp"

namespace pawl::actors {

syncer::syncer(caf::actor_config& config, engine_context_ptr context)
    : actor_base(config), context_(std::move(context)) {}

caf::behavior syncer::make_behavior() {
  return {
      [this](group_written& g) {
        pending_.push_back(std::move(g));
        if (!std::exchange(sync_due_, true)) send_self(sync_groups{});
      },
      [this](const sync_groups&) {
        sync_due_ = false;
        sync_pending();
      },
      [this](const shutdown_run&) {
        sync_pending();
        quit();
      },
  };
}

void syncer::sync_pending() {
  const auto groups = std::exchange(pending_, {});
  if (groups.empty()) return;
  if (!failure_) {
    auto synced = [&] {
      const stopwatch watch{context_->metrics.sync};
      return context_->store->sync();
    }();
    if (synced) {
      context_->store->publish(groups.back().view);
      for (const auto& group : groups)
        for (const auto& to : *group.senders) send(caf::actor_cast<caf::actor>(to), committed{});
      return;
    }
    // No retry: after a failed fsync the content of the disk is unknown, and a second fsync may
    // succeed without having written it.
    failure_ = synced.error();
    close_store(*context_, *failure_);
  }
  const auto reason = std::make_shared<const error>(*failure_);
  for (const auto& group : groups)
    for (const auto& to : *group.senders)
      send(caf::actor_cast<caf::actor>(to), commit_failed{reason});
}

}  // namespace pawl::actors
