#pragma once

#include <optional>
#include <vector>

#include "actors/engine_context.hpp"
#include "actors/mail.hpp"
#include "actors/messages.hpp"

namespace pawl::actors {

/// Makes written groups durable, all that have come with one sync, then publishes them to readers
/// and notifies their senders. After the first failed sync it syncs nothing: admission is closed
/// and every sender is answered `commit_failed`.
///
/// Blocks, so it runs on a thread of its own.
class syncer : public actor_base {
 public:
  syncer(caf::actor_config& config, engine_context_ptr context);
  caf::behavior make_behavior() override;
  const char* name() const override { return "pawl.syncer"; }

 private:
  void sync_pending();

  const engine_context_ptr context_;
  std::vector<group_written> pending_;
  bool sync_due_ = false;
  std::optional<error> failure_;
};

}  // namespace pawl::actors
