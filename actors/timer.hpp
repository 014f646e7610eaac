#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <caf/event_based_actor.hpp>

#include "actors/engine_context.hpp"
#include "actors/messages.hpp"

namespace pawl::actors {

/// Wakes runs at the moments they have asked for. The moments are in the store, written with the
/// transitions that set them; here are only those of the next minutes, and of these not more than a
/// bounded number. What fell due while nobody looked is rung at once.
///
/// A ring that gets lost does no harm: a run that is loaded again says once more when it has to be
/// woken, and after a restart the store is read from its first timer on. A ring too many does none
/// either: the run knows whether something is due.
class timer : public caf::event_based_actor {
 public:
  timer(caf::actor_config& config, engine_context_ptr context);
  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "pawl.timer"; }

 private:
  void change(const timer_changed& change);
  void look();
  /// Reads timers from the store up to the end of the next window.
  void refill(time_point now);
  void ring(const std::string& timer);
  void schedule(time_point now);

  const engine_context_ptr context_;
  std::vector<caf::actor> shards_;  ///< none before the engine has begun
  std::set<std::string> near_;      ///< keys of timers that were not rung, all before `known_to_`
  std::string known_to_;            ///< the first key of an timer that may be only in the store
  std::size_t firing_ = 0;          ///< rings that were not answered
  std::uint64_t looks_ = 0;         ///< only the last look that was scheduled counts
};

}  // namespace pawl::actors
