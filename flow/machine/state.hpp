#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/run.hpp>
#include <pawl/trace_context.hpp>

#include "flow/values/shared_json.hpp"

namespace pawl::flow {

/// The index of a node in its compiled flow.
using node_index = std::uint32_t;

/// Identifies a token within its run. Never reused.
using token_id = std::uint32_t;

/// The numbers are stored: never renumber.
enum class token_phase : std::uint8_t {
  arriving = 0,   ///< on its way into its node
  waiting = 1,    ///< waits for the outcome of a call
  halted = 2,     ///< was waiting when the run failed or was cancelled; a retry resumes it
  ended = 3,      ///< its branch has ended; kept until its writes are merged
  leaving = 4,    ///< its node is done; the outgoing edge is to be chosen
  sleeping = 5,   ///< waits for a signal, a timer or an answer; needs no actor
  gathering = 6,  ///< waits for other tokens: at a join, or for the items of a map
};

/// When a token is woken, whatever else it waits for.
struct timer {
  time_point due{};
  bool wall_clock = false;  ///< set to a time on the wall clock: a pause does not postpone it

  friend bool operator==(const timer&, const timer&) = default;
};

/// A call that a worker outside the process makes. A worker leases it; only the holder of the lease
/// can complete it.
struct remote_task {
  std::string queue;
  std::string code_ref;
  time_point since{};       ///< when it was enqueued
  std::uint64_t lease = 0;  ///< 0: not leased
  std::string worker = {};  ///< the holder of the lease
  time_point leased_at{};
  std::chrono::milliseconds lease_time{
      0};                  ///< time without a heartbeat after which the lease expires
  std::uint32_t lost = 0;  ///< leases of this call that expired in a row

  friend bool operator==(const remote_task&, const remote_task&) = default;
};

/// A child run that a token waits for.
struct child_run {
  run_id id;
  bool started = false;  ///< it is durable; waiting for it needs no actor

  friend bool operator==(const child_run&, const child_run&) = default;
};

/// A position of a run in its flow. A run has one token until a fork makes several.
struct token {
  token_id id = 0;
  node_index node = 0;
  token_phase phase = token_phase::arriving;
  std::uint32_t visit = 0;               ///< number of this visit of the node, from 1
  std::uint32_t attempt = 0;             ///< of this visit, from 1
  std::optional<bool> condition_result;  ///< of the last condition node that it passed
  /// The edges taken at the forks that it passed, outermost first. Defines the edge order of
  /// merges. Empty on the trunk.
  std::vector<std::uint32_t> branch;
  std::vector<node_index> forks;  ///< the nodes of these forks; a map forks into its items
  /// Top-level keys that its branch has written, over the data of the run. Unused on the trunk.
  json writes = json::object();
  /// The keys of `writes` that were written before its last fork, each with the length of `branch`
  /// at that time. Tells the writes of the branch from those that its siblings share.
  std::map<std::string, std::uint32_t> inherited;
  std::optional<pawl::flow::timer> timer;
  std::uint32_t tries = 0;  ///< attempts of this visit that count for its retry policy
  std::optional<time_point>
      first_try_at;                 ///< when the first one, a subflow (the attempt) or a map began
  std::optional<json> question;     ///< sleeps until this is answered
  std::optional<json> answer;       ///< the answer to the last question of this visit
  bool in_doubt = false;            ///< the question is whether an interrupted call took effect
  bool compensates = false;         ///< compensates its node's step
  std::optional<remote_task> task;  ///< the task of a worker that it waits for
  std::optional<child_run> child;   ///< the child run that it waits for
  /// Child runs of this visit that ended for good and were replaced by the next.
  std::uint32_t replaced_children = 0;
  /// Calls of this visit that were repeated because their process or their worker was lost.
  std::uint32_t repeated_calls = 0;

  /// Whether it moves when the run is advanced.
  [[nodiscard]] bool runnable() const noexcept {
    return phase == token_phase::arriving || phase == token_phase::leaving;
  }
  /// Whether a call is being made for it now.
  [[nodiscard]] bool under_way() const noexcept {
    return phase == token_phase::waiting && (!task || task->lease != 0);
  }
  /// Whether its outcome is delivered even if the run has no actor.
  [[nodiscard]] bool waits_outside() const noexcept { return task || (child && child->started); }
  /// Whether its timer, if it has one, can fire.
  [[nodiscard]] bool can_fire() const noexcept {
    return phase == token_phase::sleeping || task || child;
  }
  [[nodiscard]] bool on_trunk() const noexcept { return branch.empty(); }
  friend bool operator==(const token&, const token&) = default;
};

/// A signal sent to a run. Kept in the inbox until a node claims it.
struct signal {
  std::uint64_t number = 0;  ///< from 1, in order of arrival
  std::string id;            ///< chosen by the sender, to detect duplicates; may be empty
  std::string type;
  json payload;

  friend bool operator==(const signal&, const signal&) = default;
};

inline constexpr std::size_t max_signal_type_bytes = 128;

/// 1 to `max_signal_type_bytes` bytes without control characters. Error: `invalid_argument`.
[[nodiscard]] result<void> check_signal_type(std::string_view type);

/// A step that succeeded and can be compensated.
struct compensation {
  node_index node = 0;
  std::uint32_t visit = 0;
  json args;  ///< of the compensating call, computed when the step succeeded

  friend bool operator==(const compensation&, const compensation&) = default;
};

/// How a run that compensates its steps ends after that.
struct compensating {
  run_status to = run_status::failed;  ///< or cancelled
  std::optional<run_error> error;      ///< of a run that fails

  friend bool operator==(const compensating&, const compensating&) = default;
};

/// The progress of a map, whose token waits for the items.
struct map_progress {
  json items = json::array();
  json results = json::array();  ///< by item; null if it has no result yet
  std::uint32_t next = 0;        ///< the first item that has not started
  std::uint32_t done = 0;        ///< items with a result, failed ones included
  std::uint32_t failed = 0;
  std::size_t bytes = 0;  ///< size of items and results

  friend bool operator==(const map_progress&, const map_progress&) = default;
};

/// Number of signal ids that a run remembers to detect duplicates.
inline constexpr std::size_t remembered_signals = 1000;

/// The complete state of a run between two commands. A value; owned by one actor.
struct run_state {
  run_key key;
  flow_version_id flow;
  run_status status = run_status::running;
  shared_json data;  ///< an object
  json metadata = json::object();
  std::vector<token> tokens;          ///< ascending ids
  std::vector<std::uint32_t> visits;  ///< by node index
  std::uint64_t sequence = 0;         ///< number of the last checkpoint; 0 before the first
  token_id next_token = 1;
  /// Since when its waits are frozen: a command paused it, or it failed.
  std::optional<time_point> frozen_at;
  std::optional<pawl::flow::compensating> compensating;
  std::vector<compensation> compensations;  ///< oldest first
  std::map<token_id, map_progress> maps;    ///< by the token of the map
  std::vector<signal> inbox;                ///< not claimed yet, oldest first
  std::vector<std::string> signal_ids;      ///< of received signals, oldest first; bounded
  std::uint64_t next_signal = 1;
  std::size_t data_bytes = 0;  ///< size of `data` without its braces; see `json_size`
  std::optional<run_error> error;
  std::optional<run_id> restarted_from;
  std::optional<run_id> parent;  ///< the run that waits for this one
  std::uint32_t depth = 0;       ///< number of runs that it is nested in
  /// The latest attempt of the parent's visit that started or resumed this run.
  std::uint32_t parent_attempt = 0;
  std::uint64_t start_fingerprint =
      0;  ///< of the start command; tells a retried start from another
  time_point created_at{};
  std::optional<time_point> started_at;
  std::optional<time_point> finished_at;
  time_point updated_at{};
  std::optional<trace_context> trace;  ///< of the start command; see `trace_of_call`

  /// Whether it is running, starts no new node, and is paused when its calls have returned.
  [[nodiscard]] bool pausing() const noexcept {
    return status == run_status::running && frozen_at.has_value();
  }
  [[nodiscard]] token* find_token(token_id id) noexcept {
    for (auto& t : tokens)
      if (t.id == id) return &t;
    return nullptr;
  }
  [[nodiscard]] const token* find_token(token_id id) const noexcept {
    for (const auto& t : tokens)
      if (t.id == id) return &t;
    return nullptr;
  }
  friend bool operator==(const run_state&, const run_state&) = default;
};

/// The id of a token's question, by which it is answered. Unique in its run.
[[nodiscard]] std::string question_id(const std::string& node, const token& t);

/// When the next timer of the run is due. None if it has none or its waits are frozen.
[[nodiscard]] std::optional<time_point> next_timer(const run_state& run) noexcept;

/// The entry of a run in a listing.
[[nodiscard]] run_summary summarize(const run_state& run);

/// The data as a token's branch sees it: the data of the run, overlaid with the branch's writes.
[[nodiscard]] std::shared_ptr<const json> data_for(const run_state& run, const token& t);

}  // namespace pawl::flow
