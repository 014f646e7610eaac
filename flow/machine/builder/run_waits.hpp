#pragma once

#include <chrono>

#include "flow/machine/builder/change_set.hpp"
#include "flow/machine/builder/run_data.hpp"

namespace pawl::flow {

/// Tokens that sleep: until a timer fires, a signal arrives, or a question is answered. A run whose
/// tokens all sleep needs no actor.
class run_waits {
 public:
  run_waits(change_set& changes, run_data& data) : changes_(changes), data_(data) {}

  /// Leaves the token sleeping; a timer that it has stays set.
  void sleep(token& t);
  /// Sets the timer of a token: for a duration, which does not elapse while the run is frozen, or
  /// until a time on the wall clock.
  void set_timer(token& t, std::chrono::milliseconds duration);
  void set_timer(token& t, time_point time);
  /// Leaves the token sleeping for a duration, which does not elapse while the run is frozen.
  void sleep_for(token& t, std::chrono::milliseconds duration);
  /// Leaves the token sleeping until a time on the wall clock.
  void sleep_until(token& t, time_point time);
  /// Leaves the token sleeping until the question is answered.
  void ask(token& t, json question);
  /// Closes the token's question, which was answered.
  void end_question(token& t);
  /// Clears the timer of a token, which is due.
  void fire(token& t);

 private:
  change_set& changes_;
  run_data& data_;
};

}  // namespace pawl::flow
