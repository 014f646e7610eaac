#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "actors/engine_context.hpp"
#include "actors/mail.hpp"
#include "actors/messages.hpp"

namespace pawl::actors {

/// Fires the timers of runs. All timers are in an index of the store, by due time, written with the
/// transitions that set them. The actor holds those of the next minutes, up to a maximum number.
/// Timers that became due while the engine was stopped fire at once.
///
/// A lost firing does no harm: a run that is loaded reports its timer again, and after a restart
/// the index is read from its start. Neither does one too many: the run checks whether something is
/// due.
class timer : public actor_base {
 public:
  timer(caf::actor_config& config, engine_context_ptr context);
  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "pawl.timer"; }

 private:
  void change(const timer_changed& change);
  void fire_due();
  /// Reads timers from the store, up to the end of the next window.
  void refill(time_point now);
  void fire(const std::string& timer_key);
  void schedule(time_point now);

  const engine_context_ptr context_;
  std::vector<caf::actor> shards_;  ///< empty until `set_shards`
  std::set<std::string> upcoming_;  ///< keys of timers that have not fired, all before `read_to_`
  std::string read_to_;             ///< timers from this key on are in the store only
  std::size_t firing_ = 0;          ///< fired, and not answered by their runs
  std::uint64_t last_poll_ = 0;     ///< only the poll that was scheduled last counts
};

}  // namespace pawl::actors
