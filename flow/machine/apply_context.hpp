#pragma once

#include <functional>
#include <optional>
#include <string>

#include <pawl/result.hpp>
#include <pawl/time.hpp>

namespace pawl::flow {

struct invoke_effect;
struct step_outcome_command;

/// What a transition needs to know besides the run.
struct apply_context {
  // NOLINTNEXTLINE(google-explicit-constructor): most callers have only the time.
  apply_context(time_point when) : now{when}, engine_time{when} {}
  apply_context(time_point when, time_point engine_time_then)
      : now{when}, engine_time{engine_time_then} {}

  time_point now;  ///< on the wall clock
  /// By which durations are measured. It never goes back, and is not before `now`.
  time_point engine_time;
  /// Returns the task queue of a call. With no function, or if it returns "", the call becomes an
  /// effect: whoever performs the effect makes the call or enqueues it.
  std::function<std::string(const invoke_effect&)> queue_of = {};
  /// Makes a call at once, as part of the transition: returns false if it must wait until the
  /// transition is durable, because the function has effects or has used up its share of time. With
  /// no function every call waits.
  std::function<bool(invoke_effect& call, step_outcome_command& outcome)> call_now = {};
  /// The verdict of the check against a JSON Schema that the command needs, see `schema_check`.
  /// None: the command is checked when it is applied.
  std::optional<result<void>> checked = {};
  /// Who has sent the command, for the history: an API key, a user; "": the history does not say
  /// it.
  std::string by = {};
};

}  // namespace pawl::flow
