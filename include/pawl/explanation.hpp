#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <pawl/json.hpp>
#include <pawl/run.hpp>

/// Why a run does not move, and who can move it: what `scope_runs::explain` returns.
namespace pawl {

/// A command that moves a run.
struct moving_command {
  /// "signal", "answer", "resume", "retry", "skip" or "restart" (as a new run).
  std::string command;
  std::string name = {};  ///< type of the signal, id of the question, node to skip; else ""

  friend bool operator==(const moving_command&, const moving_command&) = default;
};

/// One reason why a run does not move now.
struct wait_reason {
  /// What it waits for. At one of its nodes: "timer", "retry" (the next attempt of a step),
  /// "signal", "answer", "function" (a call in the engine's process), "worker" (a task in a queue),
  /// "run" (a subflow), "branches" (at a join), "items" (of a map), "section" (its body), "step"
  /// (the node is next). As a whole: "pause", "pausing", "failure", "quarantine", "end" (it is
  /// finished).
  std::string kind;
  std::string node = {};  ///< "" if it concerns the whole run
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  std::string name = {};  ///< function, type of the signal, id of the run or question; else ""
  std::string text = {};  ///< a sentence without times
  /// Who moves it: "time", "signal", "answer", "worker", "function", "run", "engine", "branches"
  /// (the other reasons), "command" or "nobody".
  std::string mover = {};
  /// True if this cannot move the run now, because the run is paused or pausing.
  bool held = false;
  std::optional<time_point> since = {};
  /// When the wait ends by itself: the timer, or the time-out. None if there is none, and while the
  /// waits of the run are frozen.
  std::optional<time_point> until = {};
  json detail = json::object();  ///< facts that depend on `kind`; docs/openapi.yaml has them
  std::vector<moving_command> commands = {};

  friend bool operator==(const wait_reason&, const wait_reason&) = default;
};

/// The reasons of one run.
struct run_reasons {
  run_summary run;
  bool pausing = false;
  bool undoing = false;          ///< compensates its steps before it ends
  std::uint64_t checkpoint = 0;  ///< at which the reasons hold
  time_point updated_at{};
  std::map<std::string, std::size_t> kept_signals;  ///< by type: signals that no node has claimed
  /// At most 100. Those of the whole run come first, those that wait for others last.
  std::vector<wait_reason> reasons;
  std::size_t left_out = 0;  ///< reasons beyond the first 100
};

/// A run, and the subflows that it waits for, directly or through others: each after the run that
/// waits for it. At most 20 subflows, and 8 runs deep.
struct run_explanation {
  run_reasons run;
  std::vector<run_reasons> subflows;
  bool subflows_left_out = false;
};

}  // namespace pawl
