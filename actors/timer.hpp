#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/engine_context.hpp"
#include "actors/mail.hpp"
#include "actors/messages.hpp"
#include "actors/timer_list.hpp"

namespace pawl::actors {

/// Fires the timers of runs, and those of calls that wait (`step_timers`). All timers of runs are
/// in indexes of the store, by due time, written with the transitions that set them. Timers that
/// became due while the engine was stopped fire at once. Durations end by the engine time, so a
/// clock that is set back does not postpone them; the actor stores how far the engine time is
/// ahead.
///
/// A lost firing does no harm: a run that is loaded reports its timers again, and after a restart
/// the indexes are read from their start. Neither does one too many: the run checks whether
/// something is due.
class timer : public actor_base {
 public:
  timer(caf::actor_config& config, engine_context_ptr context, caf::actor persister);
  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "pawl.timer"; }

 private:
  void change(const timer_changed& change);
  void fire_due();
  void fire_runs(const engine_time::reading& now);
  /// Reads timers from the store if some that are due soon may be there only.
  void refill(timer_list& list, time_point now);
  void fire(const std::string& timer_key);
  /// Polls again when the next timer is due, if there is one.
  void schedule(const engine_time::reading& now);
  void store_lead();

  const engine_context_ptr context_;
  const caf::actor persister_;
  std::vector<caf::actor> shards_;  ///< empty until `set_shards`
  timer_list times_{persistence::timer_kind::time};
  timer_list durations_{persistence::timer_kind::duration};
  std::optional<std::chrono::microseconds> stored_lead_;  ///< of the engine time
  std::size_t firing_ = 0;                                ///< fired, and not answered by their runs
  std::uint64_t last_poll_ = 0;  ///< only the poll that was scheduled last counts
};

}  // namespace pawl::actors
