#pragma once

#include <optional>
#include <string>

#include "flow/command.hpp"
#include "flow/compiled.hpp"
#include "flow/transition.hpp"

namespace pawl::flow {

/// The hand that changes a run during one transition: every change goes to the state and into the
/// delta alike. Commands and nodes decide what happens, the editor knows how a run is changed.
class editor {
 public:
  editor(const compiled_flow& flow, run_state& run, time_point now);

  [[nodiscard]] const compiled_flow& flow() const noexcept { return flow_; }
  [[nodiscard]] const run_state& run() const noexcept { return run_; }
  [[nodiscard]] const compiled_node& place_of(const token& t) const { return flow_.at(t.node); }
  [[nodiscard]] time_point now() const noexcept { return now_; }

  // The run as a whole.
  void create(start_command&& start);
  void set_status(run_status status);
  void fail(run_error error);
  void cancel(const std::string& reason);
  void revive(const std::string& reason);
  void pause(const std::string& reason);
  void resume(const std::string& reason);
  void receive(signal_command&& signal);
  /// Wakes the tokens that sleep for signals which are there, in the order of their ids.
  void deliver_signals();
  /// Sets top-level keys of the data; nothing happens for an empty object.
  void update_data(const json& update, const std::string& reason = {});

  // Tokens. A reference to a token stays good until `place_token`, `leave`, `end` or `advance`.
  token& place_token(node_index node);
  void wait_for_call(token& t);
  /// Leaves the token waiting for a signal.
  void sleep(token& t);
  /// Takes the oldest signal of a type out of the inbox, for the node where the token is.
  [[nodiscard]] std::optional<json> claim(const token& t, const std::string& type);
  void merge(token& t, const json& result, const std::string& into);
  void note_condition(token& t, bool truth);
  /// Moves the token along the edge or edges that its state chooses; ends it where none is true.
  void leave(token& t);
  void end(token& t);
  /// Fails the run because of what happened at this token's node.
  void fail_at(token& t, const pawl::error& why);
  /// As above, for a node that had begun a step; it took `us` microseconds.
  void fail_step(token& t, const pawl::error& why, std::int64_t us = 0);

  void record(event_kind kind, const token& t, json detail = nullptr);
  /// Evaluates a rule on what the token's branch sees.
  [[nodiscard]] result<json> evaluate(const token& t, const logic::rule& rule) const;
  [[nodiscard]] result<bool> test(const token& t, const logic::rule& rule) const;

  /// Lets arriving tokens enter their nodes until none arrives or the transition's budget is
  /// spent; ends the run when no token is left alive.
  void advance();

  /// Ends the transition.
  [[nodiscard]] transition finish();

 private:
  void record(event_kind kind, json detail = nullptr);
  void enter(token& t);
  void follow(token& t, const compiled_edge& edge, const char* why);
  void fork(token& t, const std::vector<compiled_edge>& edges);
  void fail_leaving(token& t, const pawl::error& why);
  void halt_waiting();
  void set_pausing(bool pausing);
  void pause_if_quiet();
  void complete();
  bool merge_ended();
  bool check_state_size();

  const compiled_flow& flow_;
  run_state& run_;
  time_point now_;
  transition done_;
  bool tokens_changed_ = false;
  bool revived_ = false;
};

}  // namespace pawl::flow
