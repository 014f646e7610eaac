#pragma once

#include <string>
#include <vector>

#include "flow/machine/builder/change_set.hpp"
#include "flow/machine/builder/failure_handler.hpp"
#include "flow/machine/command.hpp"

namespace pawl::flow {

/// What tokens wait for outside the run: function calls in the process, tasks of workers, and child
/// runs.
class run_calls {
 public:
  run_calls(change_set& changes, failure_handler& failures)
      : changes_(changes), failures_(failures) {}

  /// Requests the call of the token's node: as a child run, as a task if a queue is known for it,
  /// else of the process. Fails the visit if its arguments cannot be computed.
  void start(token& t);
  /// Requests the next attempt of the token's visit.
  void start_next_attempt(token& t);
  /// Starts counting the attempts for the retry policy; `timed` if they share one time limit.
  void begin_tries(token& t, bool timed);

  /// Puts the call into a queue, from which a worker leases it.
  void enqueue(token& t, std::string queue, std::string code_ref);
  /// Gives the task to a worker. Fails the visit if its arguments cannot be computed.
  void lease(token& t, const lease_terms& to);
  /// The token of the first task that this transition has queued and that can be leased as the next
  /// one. Null if there is none.
  [[nodiscard]] token* find_queued(const next_task& wanted);
  /// Puts a leased task back into its queue; `lost` leases of it have expired in a row.
  void requeue(token& t, std::uint32_t lost);
  /// Requests the call of the token's attempt again: its process was lost.
  void repeat(token& t);
  /// Requests the next child run of the token's visit.
  void replace_child(token& t);
  /// Notes that the child run exists.
  void note_child(token& t, run_id id);

  /// When the call of a token's task or child run began; `otherwise` if that is unknown. Attempts
  /// of a subflow that share a time limit count from the first one.
  [[nodiscard]] time_point start_of(const token& t, time_point otherwise) const;
  /// Ends the token's task, child run and timer.
  void end(token& t);
  /// Abandons what the token waits for. A leased task is not cancelled here: its worker learns from
  /// the state. `fate`: of a child run. Returns whether a call or a run is being stopped.
  bool abandon(const token& t, child_fate fate = child_fate::cancel);
  /// Asks the call of a token to stop, because steps are being compensated. Returns whether its
  /// outcome is awaited: then the step may have to be compensated, too.
  [[nodiscard]] bool stop(token& t);
  /// Abandons the child run of an attempt that is over.
  void abandon_child(token_id of, run_id child, std::uint32_t attempt, child_fate fate);
  /// Abandons all calls. Tokens that wait for them are halted, for a retry to resume.
  void halt_all(child_fate fate);

 private:
  void set_timer(token& t, const invoke_effect& call);
  void set_deadline(token& t);

  change_set& changes_;
  failure_handler& failures_;
  std::vector<token_id> queued_;  ///< by this transition, in this order
};

}  // namespace pawl::flow
