#pragma once

#include <caf/event_based_actor.hpp>

#include "actors/messages.hpp"

namespace pawl::actors {

/// Does reads for callers that do not want to wait for the disk themselves. Runs on a thread of its
/// own; bounded by the engine's commands in flight.
class reader : public caf::event_based_actor {
 public:
  using caf::event_based_actor::event_based_actor;
  caf::behavior make_behavior() override;
  const char* name() const override { return "pawl.reader"; }
};

}  // namespace pawl::actors
