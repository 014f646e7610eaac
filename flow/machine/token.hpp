#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <pawl/json.hpp>
#include <pawl/run.hpp>

#include "flow/machine/branch_writes.hpp"

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

inline constexpr std::size_t token_phase_count = 7;

/// When a token is woken, whatever else it waits for.
struct timer {
  time_point due{};
  /// Set to a time on the wall clock, which a pause does not postpone. Else `due` is the end of a
  /// duration, in engine time.
  bool wall_clock = false;

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

/// How a token goes on once the steps inside it are compensated: that of a section which takes an
/// error or whose time is over, or of a join that compensates the branches that lost.
struct pending_exit {
  /// The edge to follow, by its order among those of the node; none: it leaves as usual.
  std::optional<std::uint32_t> edge;
  std::optional<json> error;  ///< what an on_error edge writes

  friend bool operator==(const pending_exit&, const pending_exit&) = default;
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
  branch_writes writes;
  /// The keys of `writes` that were written before its last fork, each with the length of `branch`
  /// at that time. Tells the writes of the branch from those that its siblings share.
  std::map<std::string, std::uint32_t> inherited;
  std::optional<pawl::flow::timer> timer;
  /// The time that the rules of this visit read as `now`. Only if one of them does.
  std::optional<time_point> rules_time;
  std::uint32_t tries = 0;  ///< attempts of this visit that count for its retry policy
  /// The failures among them that each clause of the policy fits. May be shorter than the clauses.
  std::vector<std::uint32_t> failures_of;
  /// When the first one, a subflow (the attempt) or a map began, in engine time.
  std::optional<time_point> first_try_at;
  /// The time for all of them, if a rule has computed it; else 0.
  std::chrono::milliseconds tries_limit{0};
  /// What the rules of the retry policy have returned for them, in the order of the policy.
  std::vector<double> retry_numbers;
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
  /// Its call was asked to stop, because its section or its join compensates; its branch ends with
  /// the outcome.
  bool stopping = false;
  std::optional<pending_exit> exit;  ///< the steps inside it are being compensated

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
    return phase == token_phase::sleeping || phase == token_phase::gathering || task || child;
  }
  [[nodiscard]] bool on_trunk() const noexcept { return branch.empty(); }
  friend bool operator==(const token&, const token&) = default;
};

}  // namespace pawl::flow
