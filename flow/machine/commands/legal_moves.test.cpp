// The specification of what may be done to a run in which status, as a table; and that what may
// not be done changes nothing.

#include <map>

#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

/// Where a run stands: its status, and more where the status alone does not say what is legal.
const std::vector<std::string> standings = {"pending", "running",     "sleeping",  "pausing",
                                            "paused",  "asking",      "undoing",   "failed",
                                            "undone",  "undo failed", "completed", "cancelled"};

run_status status_of(const std::string& standing) {
  for (const run_status status : all_run_statuses)
    if (to_string(status) == standing) return status;
  if (standing == "asking") return run_status::paused;
  return standing == "undone" || standing == "undo failed" ? run_status::failed
                                                           : run_status::running;
}

std::string standing_of(const run_state& run) {
  const auto& tokens = run.tokens;
  if (run.pausing()) return "pausing";
  if (run.status == run_status::failed && run.unwinding) return "undo failed";
  if (run.status == run_status::failed && tokens.empty()) return "undone";
  if (run.unwinding) return "undoing";
  if (run.status == run_status::paused && !tokens.empty() && tokens.front().question)
    return "asking";
  if (run.status == run_status::running && tokens.front().phase == token_phase::sleeping)
    return "sleeping";
  return std::string{to_string(run.status)};
}

result<void> interrupt_a(driven_run& run) {
  auto outcome = run.outcome_of(*run.call_of("a"), json());
  outcome.interrupted = interruption{"may I?", json::object()};
  return run.give(std::move(outcome));
}

driven_run run_being_undone() {
  driven_run run{chain({start(), task("a", {{"compensate", {{"code_ref", "undo"}}}}),
                        node_of("f", "fail", {{"message", "no"}})})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  return run;
}

/// A run with one step waited for, then put where it is to stand, by commands where there are some.
driven_run run_that_is(const std::string& standing) {
  if (standing.starts_with("undo")) {
    driven_run run = run_being_undone();
    if (standing == "undone") REQUIRE(run.finish("a"));
    if (standing == "undo failed") REQUIRE(run.finish("a", fail("broken", "it broke")));
    REQUIRE(standing_of(run.state()) == standing);
    return run;
  }
  if (standing == "sleeping") {
    driven_run run{chain({start(), node_of("w", "wait", {{"duration", 0}}), task("a"), end()})};
    REQUIRE(run.begin());
    REQUIRE(standing_of(run.state()) == standing);
    return run;
  }
  driven_run run{chain({start(), task("a"), end()})};
  REQUIRE(run.begin());
  if (standing == "completed") REQUIRE(run.finish("a"));
  if (standing == "failed") REQUIRE(run.finish("a", fail("broken", "it broke")));
  if (standing == "cancelled") REQUIRE(run.give(cancel_command{}));
  if (standing == "pausing" || standing == "paused") REQUIRE(run.give(pause_command{}));
  if (standing == "paused") REQUIRE(run.finish("a"));
  if (standing == "asking") REQUIRE(interrupt_a(run));
  if (standing == "pending") run.mutable_state().status = run_status::pending;  // by no command
  REQUIRE(standing_of(run.state()) == standing);
  return run;
}

driven_run run_that_is(run_status status) {
  return run_that_is(std::string{to_string(status)});
}

const std::vector<std::string> command_names = {
    "start", "step outcome", "in doubt", "timer",  "advance", "cancel", "retry",
    "pause", "resume",       "answer",   "update", "signal",  "park"};

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
  if (name == "update") return set_data_command{std::nullopt, "", {{"new", 1}}};
  if (name == "signal") return signal_command{"hello", 1, ""};
  REQUIRE(name == "park");
  return quarantine_command{"it crashed five times"};
}

/// Which commands are legal where, and where they lead. What is not here is refused. A step outcome
/// ends these runs, because their one step is the last; so does a resume behind it. A pause waits
/// for the step.
const std::map<std::pair<std::string, std::string>, std::string> legal = {
    {{"pending", "cancel"}, "cancelled"},
    {{"pending", "park"}, "failed"},

    {{"running", "step outcome"}, "completed"},
    {{"running", "advance"}, "running"},
    {{"running", "cancel"}, "cancelled"},
    {{"running", "pause"}, "pausing"},
    {{"running", "signal"}, "running"},
    {{"running", "park"}, "failed"},

    {{"sleeping", "timer"}, "running"},
    {{"sleeping", "advance"}, "sleeping"},
    {{"sleeping", "cancel"}, "cancelled"},
    {{"sleeping", "pause"}, "paused"},
    {{"sleeping", "signal"}, "sleeping"},
    {{"sleeping", "park"}, "failed"},

    {{"pausing", "step outcome"}, "paused"},
    {{"pausing", "advance"}, "pausing"},
    {{"pausing", "cancel"}, "cancelled"},
    {{"pausing", "resume"}, "running"},
    {{"pausing", "signal"}, "pausing"},
    {{"pausing", "park"}, "failed"},

    {{"paused", "cancel"}, "cancelled"},
    {{"paused", "resume"}, "completed"},
    {{"paused", "update"}, "paused"},
    {{"paused", "signal"}, "paused"},
    {{"paused", "park"}, "failed"},

    {{"asking", "cancel"}, "cancelled"},
    {{"asking", "resume"}, "running"},
    {{"asking", "answer"}, "running"},
    {{"asking", "update"}, "asking"},
    {{"asking", "signal"}, "asking"},
    {{"asking", "park"}, "failed"},

    {{"undoing", "step outcome"}, "undone"},
    {{"undoing", "advance"}, "undoing"},
    {{"undoing", "pause"}, "pausing"},
    {{"undoing", "signal"}, "undoing"},
    {{"undoing", "park"}, "undo failed"},

    {{"failed", "retry"}, "running"},
    {{"failed", "update"}, "failed"},
    {{"undone", "update"}, "undone"},
    {{"undo failed", "retry"}, "undoing"},
    {{"undo failed", "update"}, "undo failed"},
};

errc refusal_of(const std::string& standing, const std::string& name) {
  if (name == "step outcome" || name == "timer" || name == "in doubt") return errc::conflict;
  const bool may_ask = status_of(standing) == run_status::running || standing == "paused";
  return name == "answer" && may_ask ? errc::invalid_argument : errc::illegal_transition;
}

using enum run_status;

}  // namespace

TEST_CASE("wherever a run stands, exactly the commands of the table are legal", "[commands]") {
  for (const auto& standing : standings) {
    for (const auto& name : command_names) {
      driven_run run = run_that_is(standing);
      const run_state before = run.state();
      const run_status status = before.status;
      command c = make(name, run);
      CHECK(name_of(c) == (name == "answer" ? "resume" : name));
      const auto given = run.give(std::move(c));
      CAPTURE(standing, name, given ? "" : given.error().message);
      const auto expected = legal.find({standing, name});
      if (expected != legal.end()) {
        REQUIRE(given);
        CHECK(standing_of(run.state()) == expected->second);
        CHECK((run.status() == status || is_legal_move(status, run.status())));
        CHECK(broken_invariant(run.state()) == "");
        CHECK(run.state().sequence == before.sequence + 1);
        CHECK(survives_restart(run));
      } else {
        REQUIRE_FALSE(given);
        CHECK(run.state() == before);
        CHECK(given.error().code == refusal_of(standing, name));
      }
    }
  }
}

TEST_CASE("a refused command says in what status the run is and what is legal", "[commands]") {
  const auto refusal = [](const std::string& standing, const char* name) {
    driven_run run = run_that_is(standing);
    return run.give(make(name, run)).error().message;
  };
  CHECK(refusal("completed", "cancel") ==
        "cannot cancel run r1: it is completed; legal now: restart as a new run");
  CHECK(refusal("running", "retry") ==
        "cannot retry run r1: it is running; legal now: pause, signal or cancel");
  CHECK(refusal("failed", "cancel") ==
        "cannot cancel run r1: it is failed; legal now: retry, update, or restart as a new run");
  CHECK(refusal("pausing", "pause") ==
        "cannot pause run r1: it is pausing; legal now: resume, signal or cancel");
  CHECK(refusal("asking", "pause") ==
        "cannot pause run r1: it is paused; legal now: resume, update, signal or cancel");
  CHECK(refusal("undoing", "cancel") ==
        "cannot cancel run r1: it is undoing its steps; legal now: pause or signal");
  CHECK(refusal("undone", "retry") ==
        "cannot retry run r1: it is failed; legal now: update, or restart as a new run: its steps "
        "were undone");
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
        const auto given = run.give(c);
        REQUIRE_FALSE(given);
        CHECK(given.error().code == errc::conflict);
        CHECK(given.error().message == "run r1 is " + std::string{to_string(actual)} + ", not " +
                                           std::string{to_string(expected)} +
                                           "; nothing was changed");
        CHECK(run.state() == before);
      }
    }
  }
}

TEST_CASE("compare-and-set: of two callers who saw the same status one wins", "[commands]") {
  driven_run run = run_that_is(running);
  REQUIRE(run.give(cancel_command{running, "the first"}));
  const auto second = run.give(cancel_command{running, "the second"});
  REQUIRE_FALSE(second);
  CHECK(second.error().code == errc::conflict);
}

TEST_CASE("compare-and-set does not make an illegal command legal", "[commands]") {
  driven_run run = run_that_is(completed);
  const auto given = run.give(cancel_command{completed, ""});
  REQUIRE_FALSE(given);
  CHECK(given.error().code == errc::illegal_transition);
}
