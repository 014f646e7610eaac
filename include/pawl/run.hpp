#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/error.hpp>
#include <pawl/ids.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>
#include <pawl/time.hpp>

namespace pawl {

/// Where a run is in its life. The numbers are stored: never renumber.
enum class run_status : std::uint8_t {
  pending = 0,
  running = 1,
  paused = 2,
  completed = 3,
  failed = 4,
  cancelled = 5,
};

inline constexpr run_status all_run_statuses[] = {run_status::pending, run_status::running,
                                                  run_status::paused,  run_status::completed,
                                                  run_status::failed,  run_status::cancelled};

[[nodiscard]] std::string_view to_string(run_status status) noexcept;
[[nodiscard]] std::optional<run_status> parse_run_status(std::string_view text) noexcept;

/// True for statuses in which nothing more happens by itself: completed, failed, cancelled.
/// (A failed run can still be brought back by a retry command.)
[[nodiscard]] constexpr bool is_finished(run_status status) noexcept {
  return status == run_status::completed || status == run_status::failed ||
         status == run_status::cancelled;
}

/// Why a run failed, and where.
struct run_error {
  std::string type;  ///< the error's class: "card_declined", "timed_out", "engine.quarantined", …
  std::string message;  ///< a sentence
  std::string node;     ///< the node at which it failed, "" where it was none
  std::uint32_t attempt = 0;

  friend bool operator==(const run_error&, const run_error&) = default;
};

/// What a listing shows of a run.
struct run_summary {
  run_key key;
  flow_version_id flow;
  run_status status = run_status::pending;
  time_point created_at{};
  std::optional<time_point> started_at;
  std::optional<time_point> finished_at;
  std::optional<run_error> error;
  std::optional<run_id> restarted_from;
  std::optional<run_id> parent = {};  ///< the run whose subflow this is

  friend bool operator==(const run_summary&, const run_summary&) = default;
};

/// What a run waits for at one of its nodes.
struct waiting_on {
  std::string node;
  /// "function", "worker", "run", "signal", "answer", "timer" or "branches".
  std::string kind;
  /// The function's name, the signal's type, the other run's id, or the question's id; else "".
  std::string name;
  /// When it is woken in any case: a timer, or the time-out of what it waits for. None while the
  /// run is paused and its waits stand still.
  std::optional<time_point> until = {};
  json question = nullptr;  ///< what an "answer" is waited for to

  friend bool operator==(const waiting_on&, const waiting_on&) = default;
};

/// A run as it was at its last durable checkpoint.
struct run_view {
  run_summary summary;
  bool pausing = false;          ///< begins no node any more and is paused when its steps return
  bool undoing = false;          ///< undoes its steps before it ends as failed or cancelled
  std::uint64_t checkpoint = 0;  ///< number of the checkpoint, from 1
  time_point updated_at{};       ///< when that checkpoint was made
  json data;                     ///< the state data; an object
  json metadata;                ///< what the caller and the engine noted beside the data; an object
  std::vector<std::string> at;  ///< ids of the nodes where the run stands now
  std::vector<pawl::waiting_on> waiting_on;
  /// Whether nothing happens in it until somebody sends a signal, an answer or a command.
  bool parked = false;
};

/// One thing that happened in a run, as its history tells it.
struct history_event {
  std::uint64_t checkpoint = 0;  ///< events with one number became durable together
  time_point at{};
  std::string kind;  ///< "run_started", "step_started", "step_finished", "step_failed",
                     ///< "condition_evaluated", "edge_taken", "branch_ended", "run_completed", …
  std::string node;  ///< the node it concerns, or ""
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  json detail;  ///< what else there is to say, by kind; an object
};

/// A place in the order in which everything in a store became durable.
struct journal_position {
  std::uint64_t group = 0;  ///< what was written together
  std::uint32_t entry = 0;  ///< the transition in it
  std::uint32_t event = 0;  ///< and what happened in that

  friend auto operator<=>(const journal_position&, const journal_position&) = default;
};

/// "12.0.3"
[[nodiscard]] std::string to_string(const journal_position& position);
/// Error: `invalid_argument`.
[[nodiscard]] result<journal_position> parse_journal_position(std::string_view text);

/// A durable event of some run of a scope.
struct placed_event {
  journal_position position;
  run_id run;
  history_event what;
};

/// A piece of everything that happened in a scope.
struct event_page {
  std::vector<placed_event> events;
  journal_position next;  ///< go on behind this
  /// Some of what was asked for is not kept any more (`storage.journal_groups`).
  bool lost = false;
};

}  // namespace pawl
