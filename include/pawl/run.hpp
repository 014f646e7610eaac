#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/error.hpp>
#include <pawl/ids.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>
#include <pawl/run_attributes.hpp>
#include <pawl/time.hpp>

namespace pawl {

/// The status of a run. The numbers are stored: never change them; 0 is reserved.
enum class run_status : std::uint8_t {
  running = 1,
  paused = 2,
  completed = 3,
  failed = 4,
  cancelled = 5,
};

inline constexpr run_status all_run_statuses[] = {run_status::running, run_status::paused,
                                                  run_status::completed, run_status::failed,
                                                  run_status::cancelled};

[[nodiscard]] std::string_view to_string(run_status status) noexcept;
[[nodiscard]] std::optional<run_status> parse_run_status(std::string_view text) noexcept;

/// True for completed, failed and cancelled: the run has ended. A command can still retry a failed
/// run.
[[nodiscard]] constexpr bool is_finished(run_status status) noexcept {
  return status == run_status::completed || status == run_status::failed ||
         status == run_status::cancelled;
}

/// The error of a failed run.
struct run_error {
  std::string type;     ///< error class: "card_declined", "timed_out", "engine.quarantined", …
  std::string message;  ///< a sentence
  std::string node;     ///< the failed node, or ""
  std::uint32_t attempt = 0;

  friend bool operator==(const run_error&, const run_error&) = default;
};

/// Something that an unfinished run waits for, as a listing shows it.
struct run_wait {
  std::string kind;  ///< "signal", "answer", "timer", "run" or "worker"
  std::string name;  ///< the type of the signal; else ""
  std::string node;  ///< where it waits

  friend bool operator==(const run_wait&, const run_wait&) = default;
};

/// Maximum number of waits of a run that its listing has.
inline constexpr std::size_t max_listed_waits = 16;

/// A run in a listing.
struct run_summary {
  run_key key;
  flow_version_id flow;
  run_status status = run_status::running;
  time_point created_at{};
  std::optional<time_point> started_at;
  std::optional<time_point> finished_at;
  std::optional<run_error> error;
  std::optional<run_id> restarted_from;
  std::optional<run_id> parent = {};  ///< the run that started this one as a subflow
  /// In a listing: what an unfinished run waits for, except calls that are being made. No two are
  /// equal; at most `max_listed_waits`.
  std::vector<run_wait> waits = {};
  run_attributes attributes = {};

  friend bool operator==(const run_summary&, const run_summary&) = default;
};

/// Something a run waits for at one of its nodes.
struct waiting_on {
  std::string node;
  /// "function", "worker", "run", "signal", "answer", "timer" or "branches".
  std::string kind;
  /// The name of the function, type of the signal, id of the run or id of the question; else "".
  std::string name;
  /// When the wait ends at the latest: the timer, or the timeout of the wait. None if there is
  /// none, and while the run is paused.
  std::optional<time_point> until = {};
  json question = nullptr;  ///< if `kind` is "answer": the question
  /// Calls of this visit so far: its attempts, and calls that were repeated because their process
  /// or their worker was lost. 0 if `kind` is neither "function" nor "worker".
  std::uint32_t calls = 0;

  friend bool operator==(const waiting_on&, const waiting_on&) = default;
};

/// A signal that no node has claimed yet.
struct pending_signal {
  std::string type;
  std::string id;  ///< chosen by the sender; may be empty
  json payload;

  friend bool operator==(const pending_signal&, const pending_signal&) = default;
};

/// A run at its last durable checkpoint.
struct run_view {
  run_summary summary;
  bool pausing = false;          ///< starts no more nodes; paused when its steps finish
  bool undoing = false;          ///< compensates its steps before it ends
  std::uint64_t checkpoint = 0;  ///< number of the checkpoint, from 1
  time_point updated_at{};       ///< time of that checkpoint
  /// Whether it is protected from being deleted (`scope_runs::keep`). None in the answer of a wait.
  std::optional<bool> kept;
  /// Who started it; empty if the start did not say, of a subflow, and in the answer of a wait.
  std::string started_by;
  json input;  ///< what the run was started with, an object; null in the answer of a wait
  json data;   ///< the state data; an object
  /// What a completed run gives, if its flow has an `output`.
  std::optional<json> output;
  json metadata;                ///< metadata of the caller and the engine; an object
  std::vector<std::string> at;  ///< ids of the current nodes
  std::vector<pawl::waiting_on> waiting_on;
  std::vector<pending_signal> inbox;  ///< oldest first
  /// True if nothing happens in the run, and in the subflows that it waits for, until one of them
  /// receives a signal, an answer or a command. A run that waits for more than 1,000 runs is not
  /// reported as parked.
  bool parked = false;
};

/// An event in the history of a run.
struct history_event {
  std::uint64_t checkpoint = 0;  ///< events with the same number became durable together
  time_point at{};
  std::string kind;  ///< "run_created", "step_started", "step_finished", "step_failed",
                     ///< "condition_evaluated", "edge_taken", "branch_ended", "run_completed", …
  std::string node;  ///< the node concerned, or ""
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  json detail;              ///< details, depending on `kind`; an object
  std::uint32_t place = 0;  ///< among the events of the checkpoint, from 0; in a history only
};

/// A position in the journal: the order in which everything in a store became durable.
struct journal_position {
  std::uint64_t group = 0;  ///< group of transitions that were written together
  std::uint32_t entry = 0;  ///< transition within the group
  std::uint32_t event = 0;  ///< event within the transition

  friend auto operator<=>(const journal_position&, const journal_position&) = default;
};

/// "12.0.3"
[[nodiscard]] std::string to_string(const journal_position& position);
/// Error: `invalid_argument`.
[[nodiscard]] result<journal_position> parse_journal_position(std::string_view text);

/// A durable event of a run, with its position in the journal.
struct placed_event {
  journal_position position;
  run_id run;
  history_event what;
};

/// A page of the durable events of a scope. An event of the kind "damaged", whose detail has a
/// `message`, stands for those of a checkpoint that cannot be read.
struct event_page {
  std::vector<placed_event> events;  ///< may be none although there are more
  journal_position next;             ///< read the next page after this position
  bool more = false;                 ///< the page has ended before the journal
  /// True if requested events were already deleted from the journal (`storage.journal_groups`), or
  /// a part of the journal is damaged.
  bool lost = false;
};

}  // namespace pawl
