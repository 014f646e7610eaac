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

/// A node's place in its compiled flow.
using node_index = std::uint32_t;

/// Names a token within its run. Never reused.
using token_id = std::uint32_t;

/// The numbers are stored: never renumber.
enum class token_phase : std::uint8_t {
  arriving = 0,  ///< has been sent to its node, which has not taken it up yet
  waiting = 1,  ///< the node has taken it up and waits for an outcome (a function's, a signal, …)
  halted = 2,   ///< was waiting when the run failed or was cancelled; a retry takes it up again
  ended = 3,    ///< its branch is over; kept until its writes can be merged
  leaving = 4,  ///< its node is done, but choosing the edge failed; a retry chooses again
  sleeping = 5,   ///< waits for a signal, a moment or an answer; the run needs no actor for that
  gathering = 6,  ///< waits for other tokens of its run: at a join, or for the items of a map
};

/// When a token that sleeps is woken, whatever else it waits for.
struct timer {
  time_point due{};
  bool moment = false;  ///< it is a moment on the wall clock: a pause does not put it off

  friend bool operator==(const timer&, const timer&) = default;
};

/// A call that workers outside of the process are to make. A worker takes it by a lease; only who
/// has the lease can answer it.
struct remote_task {
  std::string queue;
  std::string code_ref;
  time_point since{};       ///< when it was put into its queue
  std::uint64_t lease = 0;  ///< 0: it waits for a worker
  std::string worker = {};  ///< who has the lease
  time_point leased_at{};
  std::chrono::milliseconds lease_time{0};  ///< of silence after which the lease is over
  std::uint32_t lost = 0;                   ///< leases of this call that ran out

  friend bool operator==(const remote_task&, const remote_task&) = default;
};

/// A run that a token waits for.
struct child_run {
  run_id id;
  bool started = false;  ///< it is there: whoever waits for it needs no actor

  friend bool operator==(const child_run&, const child_run&) = default;
};

/// One place where a run is. A run has one token until a fork makes several.
struct token {
  token_id id = 0;
  node_index node = 0;
  token_phase phase = token_phase::arriving;
  std::uint32_t visit = 0;               ///< the how-manieth visit of the node this is, from 1
  std::uint32_t attempt = 0;             ///< of this visit, from 1
  std::optional<bool> condition_result;  ///< of the last condition node on its way
  /// The edges taken at the forks on its way, in order: what "in edge order" means for a merge.
  /// Empty on the trunk.
  std::vector<std::uint32_t> branch;
  std::vector<node_index> forks;  ///< the node of each of these forks (a map forks into its items)
  /// What its branch has written so far, over the run's data. Unused on the trunk.
  json writes = json::object();
  /// The keys of `writes` that come from before its last fork, each with the length that `branch`
  /// had when it was written: what tells an own write from one that siblings have as well.
  std::map<std::string, std::uint32_t> inherited;
  std::optional<pawl::flow::timer> timer;
  std::uint32_t tries = 0;                 ///< attempts of this visit that its retry policy counts
  std::optional<time_point> first_try_at;  ///< when the first of them began
  std::optional<json> question;  ///< it sleeps until somebody answers this (an interrupt's value)
  std::optional<json> answer;    ///< what the last question was answered with
  bool in_doubt = false;     ///< the question is whether a call under way at a crash took effect
  bool compensates = false;  ///< it undoes its node's step
  std::optional<remote_task> task;  ///< what it waits for is made by a worker
  std::optional<child_run> child;   ///< or is the end of another run

  /// Whether somebody is at work for it now.
  [[nodiscard]] bool under_way() const noexcept {
    return phase == token_phase::waiting && (!task || task->lease != 0);
  }
  /// Whether what it waits for comes from outside, also to a run that has no actor.
  [[nodiscard]] bool waits_outside() const noexcept { return task || (child && child->started); }
  /// Whether its timer rings, if it has one.
  [[nodiscard]] bool can_fire() const noexcept {
    return phase == token_phase::sleeping || task || child;
  }
  [[nodiscard]] bool on_trunk() const noexcept { return branch.empty(); }
  friend bool operator==(const token&, const token&) = default;
};

/// Something that was sent to a run. Kept in its inbox until a node takes it up.
struct signal {
  std::uint64_t number = 0;  ///< from 1, in the order in which they came
  std::string id;            ///< the sender's, to tell a repeat; may be empty
  std::string type;
  json payload;

  friend bool operator==(const signal&, const signal&) = default;
};

inline constexpr std::size_t max_signal_type_bytes = 128;

/// 1 to `max_signal_type_bytes` bytes without control characters. Error: `invalid_argument`.
[[nodiscard]] result<void> check_signal_type(std::string_view type);

/// A step that was done and has a way to be undone.
struct compensation {
  node_index node = 0;
  std::uint32_t visit = 0;
  json args;  ///< as they were when the step was done

  friend bool operator==(const compensation&, const compensation&) = default;
};

/// A run on its way to a bad end: what was done is undone first.
struct unwinding {
  run_status to = run_status::failed;  ///< or cancelled
  std::optional<run_error> error;      ///< of a run that is going to be failed

  friend bool operator==(const unwinding&, const unwinding&) = default;
};

/// How far a map has come. Kept beside its token, which waits for the items.
struct map_progress {
  json items = json::array();
  json results = json::array();  ///< by item; null for those that are not done
  std::uint32_t next = 0;        ///< the first item that was not begun
  std::uint32_t done = 0;        ///< items with a result, failed ones among them
  std::uint32_t failed = 0;
  std::size_t bytes = 0;  ///< estimate of the text of both

  friend bool operator==(const map_progress&, const map_progress&) = default;
};

/// Signal ids that a run remembers to tell repeats: the last so many.
inline constexpr std::size_t remembered_signals = 1000;

/// All that there is to know about a run between two commands. A value; owned by one actor.
struct run_state {
  run_key key;
  flow_version_id flow;
  run_status status = run_status::pending;
  shared_json data;  ///< an object
  json metadata = json::object();
  std::vector<token> tokens;          ///< ascending ids
  std::vector<std::uint32_t> visits;  ///< by node index
  std::uint64_t sequence = 0;         ///< number of the last checkpoint; 0 before the first
  token_id next_token = 1;
  /// Since when its waits stand still, because somebody paused it or because it failed.
  std::optional<time_point> frozen_at;
  std::optional<pawl::flow::unwinding> unwinding;
  std::vector<compensation> compensations;  ///< oldest first
  std::map<token_id, map_progress> maps;    ///< by the token that waits for the items
  std::vector<signal> inbox;                ///< not taken up yet, oldest first
  std::vector<std::string> signal_ids;      ///< of signals that have come, oldest first; bounded
  std::uint64_t next_signal = 1;
  std::size_t data_bytes = 0;  ///< estimate of the text of `data`, kept up to date cheaply
  std::optional<run_error> error;
  std::optional<run_id> restarted_from;
  std::optional<run_id> parent;         ///< the run that waits for this one
  std::uint32_t depth = 0;              ///< how many runs it is inside of
  std::uint64_t start_fingerprint = 0;  ///< of the start command; tells a repeat from a misuse
  time_point created_at{};
  std::optional<time_point> started_at;
  std::optional<time_point> finished_at;
  time_point updated_at{};
  std::optional<trace_context> trace;  ///< as it was given at the start; see `trace_of_call`

  /// Is running, begins no node any more, and is paused when what is under way has returned.
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

/// The name of a token's question, by which it is answered: unique in its run.
[[nodiscard]] std::string question_id(const std::string& node, const token& t);

/// The earliest moment at which the run has to be woken; none while its waits stand still.
[[nodiscard]] std::optional<time_point> next_alarm(const run_state& run) noexcept;

/// What a listing shows of it.
[[nodiscard]] run_summary summarize(const run_state& run);

/// The data as a token's branch sees it: the run's data with the branch's writes on top.
[[nodiscard]] std::shared_ptr<const json> data_for(const run_state& run, const token& t);

}  // namespace pawl::flow
