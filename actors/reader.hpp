#pragma once

#include "actors/mail.hpp"
#include "actors/messages.hpp"

namespace pawl::actors {

/// Reads the store for asynchronous queries, whose callers must not wait for the disk. Blocks, so
/// it runs on a thread of its own. Its mailbox is bounded by `engine.max_commands_in_flight`.
class reader : public actor_base {
 public:
  using actor_base::actor_base;
  caf::behavior make_behavior() override;
  const char* name() const override { return "pawl.reader"; }
};

}  // namespace pawl::actors
