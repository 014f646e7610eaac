#pragma once

#include <memory>
#include <vector>

#include "actors/mail.hpp"
#include "actors/messages.hpp"
#include "actors/written_groups.hpp"

namespace pawl::actors {

/// Makes the groups durable that the persister hands over, all that have come with one sync.
///
/// Blocks, so it runs on a thread of its own.
class syncer : public actor_base {
 public:
  syncer(caf::actor_config& config, std::shared_ptr<written_groups> groups);
  caf::behavior make_behavior() override;
  const char* name() const override { return "pawl.syncer"; }

 private:
  void sync_pending();

  const std::shared_ptr<written_groups> groups_;
  std::vector<group_written> pending_;
  bool sync_due_ = false;
};

}  // namespace pawl::actors
