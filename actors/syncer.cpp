#include "actors/syncer.hpp"

#include <utility>

namespace pawl::actors {

syncer::syncer(caf::actor_config& config, std::shared_ptr<written_groups> groups)
    : actor_base(config), groups_(std::move(groups)) {}

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
  groups_->finish(groups);
  groups_->take_back(groups.size());
}

}  // namespace pawl::actors
