#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pawl/json.hpp>
#include <pawl/run.hpp>
#include <pawl/run_options.hpp>

/// Parts of the history of a run, and the steps that it tells of: what `scope_runs::history_page`
/// and `scope_runs::steps` take and return.
namespace pawl {

/// Selects a page of a history.
struct history_options {
  /// The checkpoint where the page begins: `next` of the page before. 0: the first one, or with
  /// `newest_first` the last one.
  std::uint64_t from = 0;
  /// Maximum number of checkpoints with events that fit, at least 1.
  std::size_t limit = 1000;
  bool newest_first = false;
  /// Only events of these kinds ("step_failed"); none: of all kinds.
  std::vector<std::string> kinds = {};
  std::string node = {};  ///< only events of this node; "": of all, and those of the run
  /// Adds to the details of events what steps were given and returned: `args` of calls, `output` of
  /// `step_finished` (the keys of the data that the step has written), `input` of `run_created`.
  /// `{"cut": …}` stands for a value above `history.max_value_bytes`.
  bool values = false;
};

/// One attempt of one visit of a step.
struct run_step {
  std::uint64_t checkpoint = 0;  ///< where it started
  std::uint64_t ended_in = 0;    ///< the checkpoint where it ended; 0: it has not, or without event
  std::string node;
  std::string type;  ///< of the node: "task", "subflow", "signal", …
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  std::uint32_t calls = 1;            ///< more than one if a process or a worker of a call was lost
  std::optional<std::uint32_t> item;  ///< of the innermost map that it is inside of, from 0
  bool compensates = false;           ///< it compensates the step of the node
  /// "running" (a call is made, or a subflow runs), "queued" (for a worker), "waiting" (a timer, a
  /// signal, an answer, the items of a map), "halted" (the run failed meanwhile; a retry calls it
  /// again), "completed", "failed", "timed_out" (its on_timeout edge was taken), "interrupted" (the
  /// function has asked a question, or left for a pause; another attempt follows the answer or the
  /// resume), "abandoned" (the run or its branch has ended).
  std::string status;
  time_point started_at{};
  std::optional<time_point> finished_at;
  std::optional<std::int64_t> duration_us;  ///< of the call, if a function was called
  std::string function;                     ///< "" if the node calls none
  std::string queue;                        ///< where it waited for a worker; "": it did not
  std::string worker;                       ///< the last one that had it; "": none
  std::string child;                        ///< id of the run that a subflow started; "": none
  /// The arguments of its last call, with null where they have secrets. None: it has none, or the
  /// history does not have them (`history.arguments`).
  std::optional<json> input;
  /// The keys of the data that it has written. None: it has not completed, or Pawl 0.1 ran it.
  std::optional<json> output;
  std::optional<run_error> error;  ///< of a failed attempt; a retry may follow it
};

/// Selects a page of steps.
struct step_options {
  /// The checkpoint where the page begins: `next` of the page before. 0: the first one, or with
  /// `newest_first` the last one.
  std::uint64_t from = 0;
  std::size_t limit = 100;  ///< steps after which the page ends, from 1 to 1000
  bool newest_first = false;
  std::string node = {};  ///< only steps of this node; "": of all
};

/// A page of steps, in the order of their starts. The steps that start in one checkpoint are never
/// split, so a page can have more than its limit.
struct step_page {
  std::vector<run_step> steps;
  std::uint64_t next = 0;  ///< the checkpoint where the next page begins; 0 on the last page
};

}  // namespace pawl
