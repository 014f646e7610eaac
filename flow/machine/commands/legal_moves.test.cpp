// The specification of which commands a run allows in which state, as a table. A refused command
// changes nothing.

#include <map>

#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

/// The states of a run: its status, or more where the status alone does not decide what is legal.
const std::vector<std::string> states = {"running",   "sleeping",    "pausing",
                                         "paused",    "asking",      "compensating",
                                         "failed",    "compensated", "compensation failed",
                                         "completed", "cancelled"};

run_status status_of(const std::string& state) {
  for (const run_status status : all_run_statuses)
    if (to_string(status) == state) return status;
  if (state == "asking") return run_status::paused;
  return state == "compensated" || state == "compensation failed" ? run_status::failed
                                                                  : run_status::running;
}

std::string state_of(const run_state& run) {
  const auto& tokens = run.tokens;
  if (run.pausing()) return "pausing";
  if (run.status == run_status::failed && run.compensating) return "compensation failed";
  if (run.status == run_status::failed && tokens.empty()) return "compensated";
  if (run.compensating) return "compensating";
  if (run.status == run_status::paused && !tokens.empty() && tokens.front().question)
    return "asking";
  if (run.status == run_status::running && tokens.front().phase == token_phase::sleeping)
    return "sleeping";
  return std::string{to_string(run.status)};
}

result<void> interrupt_a(driven_run& run) {
  auto outcome = run.outcome_of(*run.call_of("a"), json());
  outcome.interrupted = interruption{"may I?", json::object()};
  return run.apply(std::move(outcome));
}

driven_run compensating_run() {
  driven_run run{chain({start(), task("a", {{"compensate", {{"code_ref", "undo"}}}}),
                        node_of("f", "fail", {{"message", "no"}})})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  return run;
}

/// A run that waits for one step, brought to a state, by commands where they lead there.
driven_run run_that_is(const std::string& state) {
  if (state.starts_with("compensat")) {
    driven_run run = compensating_run();
    if (state == "compensated") REQUIRE(run.finish("a"));
    if (state == "compensation failed") REQUIRE(run.finish("a", fail("broken", "it broke")));
    REQUIRE(state_of(run.state()) == state);
    return run;
  }
  if (state == "sleeping") {
    driven_run run{chain({start(), node_of("w", "wait", {{"duration", 0}}), task("a"), end()})};
    REQUIRE(run.begin());
    REQUIRE(state_of(run.state()) == state);
    return run;
  }
  driven_run run{chain({start(), task("a"), end()})};
  REQUIRE(run.begin());
  if (state == "completed") REQUIRE(run.finish("a"));
  if (state == "failed") REQUIRE(run.finish("a", fail("broken", "it broke")));
  if (state == "cancelled") REQUIRE(run.apply(cancel_command{}));
  if (state == "pausing" || state == "paused") REQUIRE(run.apply(pause_command{}));
  if (state == "paused") REQUIRE(run.finish("a"));
  if (state == "asking") REQUIRE(interrupt_a(run));
  REQUIRE(state_of(run.state()) == state);
  return run;
}

driven_run run_that_is(run_status status) {
  return run_that_is(std::string{to_string(status)});
}

const std::vector<std::string> command_names = {
    "start",  "step outcome", "in doubt", "timer",  "advance",    "cancel",    "retry", "pause",
    "resume", "answer",       "set data", "signal", "quarantine", "terminate", "skip"};

command make(const std::string& name, const driven_run& run) {
  if (name == "start") {
    start_command again;
    again.key = run.state().key;
    again.flow = run.flow().id();
    return again;
  }
  if (name == "step outcome") {
    if (!run.calls().empty()) return run.outcome_of(run.calls().begin()->second, json::object());
    return step_outcome_command{
        .token = 1, .node = "a", .visit = 1, .attempt = 1, .value = json::object()};
  }
  if (name == "in doubt") return in_doubt_command{1, "a", 1, 1};
  if (name == "timer") return timer_command{};
  if (name == "advance") return advance_command{};
  if (name == "cancel") return cancel_command{};
  if (name == "retry") return retry_command{};
  if (name == "pause") return pause_command{};
  if (name == "resume") return resume_command{};
  if (name == "answer")
    return resume_command{std::nullopt, "", json::object(), "a#1.1", json("yes")};
  if (name == "set data") return set_data_command{std::nullopt, "", {{"new", 1}}};
  if (name == "signal") return signal_command{"hello", 1, ""};
  if (name == "terminate") return terminate_command{};
  if (name == "skip") return skip_command{std::nullopt, "", "a"};
  REQUIRE(name == "quarantine");
  return quarantine_command{"it crashed five times"};
}

/// The commands that are legal in each state, and the states they lead to. All others are refused.
/// A step outcome ends these runs, because their one step is the last; so does a resume after it. A
/// pause waits for the step.
const std::map<std::pair<std::string, std::string>, std::string> legal = {
    {{"running", "step outcome"}, "completed"},
    {{"running", "advance"}, "running"},
    {{"running", "cancel"}, "cancelled"},
    {{"running", "pause"}, "pausing"},
    {{"running", "signal"}, "running"},
    {{"running", "quarantine"}, "failed"},
    {{"running", "terminate"}, "cancelled"},

    {{"sleeping", "timer"}, "running"},
    {{"sleeping", "advance"}, "sleeping"},
    {{"sleeping", "cancel"}, "cancelled"},
    {{"sleeping", "pause"}, "paused"},
    {{"sleeping", "signal"}, "sleeping"},
    {{"sleeping", "quarantine"}, "failed"},
    {{"sleeping", "terminate"}, "cancelled"},

    {{"pausing", "step outcome"}, "paused"},
    {{"pausing", "advance"}, "pausing"},
    {{"pausing", "cancel"}, "cancelled"},
    {{"pausing", "resume"}, "running"},
    {{"pausing", "signal"}, "pausing"},
    {{"pausing", "quarantine"}, "failed"},
    {{"pausing", "terminate"}, "cancelled"},

    {{"paused", "cancel"}, "cancelled"},
    {{"paused", "resume"}, "completed"},
    {{"paused", "set data"}, "paused"},
    {{"paused", "signal"}, "paused"},
    {{"paused", "quarantine"}, "failed"},
    {{"paused", "terminate"}, "cancelled"},

    {{"asking", "cancel"}, "cancelled"},
    {{"asking", "answer"}, "running"},
    {{"asking", "set data"}, "asking"},
    {{"asking", "signal"}, "asking"},
    {{"asking", "quarantine"}, "failed"},
    {{"asking", "terminate"}, "cancelled"},

    {{"compensating", "step outcome"}, "compensated"},
    {{"compensating", "advance"}, "compensating"},
    {{"compensating", "pause"}, "pausing"},
    {{"compensating", "signal"}, "compensating"},
    {{"compensating", "quarantine"}, "compensation failed"},
    {{"compensating", "terminate"}, "cancelled"},
    {{"compensating", "skip"}, "compensated"},

    {{"failed", "retry"}, "running"},
    {{"failed", "set data"}, "failed"},
    {{"compensated", "set data"}, "compensated"},
    {{"compensation failed", "retry"}, "compensating"},
    {{"compensation failed", "skip"}, "compensated"},
    {{"compensation failed", "set data"}, "compensation failed"},
};

errc refusal_of(const std::string& state, const std::string& name) {
  if (name == "step outcome" || name == "timer" || name == "in doubt") return errc::conflict;
  if (name == "resume" && state == "asking") return errc::invalid_argument;  // without an answer
  const bool may_ask = status_of(state) == run_status::running || state == "paused";
  return name == "answer" && may_ask ? errc::invalid_argument : errc::illegal_transition;
}

using enum run_status;

}  // namespace

TEST_CASE("in every state of a run, exactly the commands of the table are legal", "[commands]") {
  for (const auto& state : states) {
    for (const auto& name : command_names) {
      driven_run run = run_that_is(state);
      const run_state before = run.state();
      const run_status status = before.status;
      command c = make(name, run);
      CHECK(name_of(c) == (name == "answer" ? "resume" : name));
      const auto given = run.apply(std::move(c));
      CAPTURE(state, name, given ? "" : given.error().message);
      const auto expected = legal.find({state, name});
      if (expected != legal.end()) {
        REQUIRE(given);
        CHECK(state_of(run.state()) == expected->second);
        CHECK((run.status() == status || is_legal_move(status, run.status())));
        CHECK(broken_invariant(run.state()) == "");
        CHECK(run.state().sequence == before.sequence + 1);
        CHECK(survives_restart(run));
      } else {
        REQUIRE_FALSE(given);
        CHECK(run.state() == before);
        CHECK(given.error().code == refusal_of(state, name));
      }
    }
  }
}

TEST_CASE("the error of a refused command shows the state of the run and what is allowed",
          "[commands]") {
  const auto refusal = [](const std::string& state, const char* name) {
    driven_run run = run_that_is(state);
    return run.apply(make(name, run)).error().message;
  };
  CHECK(refusal("completed", "cancel") ==
        "cannot cancel run r1: it is completed. Allowed: restart");
  CHECK(refusal("running", "retry") ==
        "cannot retry run r1: it is running. Allowed: pause, signal, cancel, terminate");
  CHECK(refusal("failed", "cancel") ==
        "cannot cancel run r1: it has failed. Allowed: retry, set-data, restart");
  CHECK(refusal("pausing", "pause") ==
        "cannot pause run r1: it is pausing. Allowed: resume, signal, cancel, terminate");
  CHECK(refusal("asking", "pause") ==
        "cannot pause run r1: it is paused. Allowed: resume, set-data, signal, cancel, terminate");
  CHECK(refusal("compensating", "cancel") ==
        "cannot cancel run r1: it is compensating. Allowed: pause, signal, skip, terminate");
  CHECK(refusal("compensated", "retry") ==
        "cannot retry run r1: it has failed. Allowed: set-data, restart (its steps were "
        "compensated)");
}

TEST_CASE("compare-and-set: a command for another status is a conflict and changes nothing",
          "[commands]") {
  for (const run_status actual : all_run_statuses) {
    for (const run_status expected : all_run_statuses) {
      if (actual == expected) continue;
      driven_run run = run_that_is(actual);
      const run_state before = run.state();
      for (const command& c :
           {command{cancel_command{expected, ""}}, command{retry_command{expected, ""}},
            command{pause_command{expected, ""}}, command{resume_command{expected, "", {}}},
            command{set_data_command{expected, "", {}}}}) {
        const auto given = run.apply(c);
        REQUIRE_FALSE(given);
        CHECK(given.error().code == errc::conflict);
        CHECK(given.error().message == "run r1 is " + std::string{to_string(actual)} + ", not " +
                                           std::string{to_string(expected)} +
                                           ". Nothing was changed");
        CHECK(run.state() == before);
      }
    }
  }
}

TEST_CASE("compare-and-set: of two callers that saw the same status, one succeeds", "[commands]") {
  driven_run run = run_that_is(running);
  REQUIRE(run.apply(cancel_command{running, "the first"}));
  const auto second = run.apply(cancel_command{running, "the second"});
  REQUIRE_FALSE(second);
  CHECK(second.error().code == errc::conflict);
}

TEST_CASE("compare-and-set does not make an illegal command legal", "[commands]") {
  driven_run run = run_that_is(completed);
  const auto given = run.apply(cancel_command{completed, ""});
  REQUIRE_FALSE(given);
  CHECK(given.error().code == errc::illegal_transition);
}
