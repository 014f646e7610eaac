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

/// A run with one step waited for, then put into a status, by commands where there are some.
driven_run run_that_is(run_status status) {
  driven_run run{chain({start(), task("a"), end()})};
  REQUIRE(run.begin());
  switch (status) {
    case run_status::completed:
      REQUIRE(run.finish("a"));
      break;
    case run_status::failed:
      REQUIRE(run.finish("a", fail("broken", "it broke")));
      break;
    case run_status::cancelled:
      REQUIRE(run.give(cancel_command{}));
      break;
    case run_status::paused:
      REQUIRE(run.give(pause_command{}));
      REQUIRE(run.finish("a"));
      break;
    case run_status::pending:
      run.mutable_state().status = status;  // no command leads there
      break;
    case run_status::running:
      break;
  }
  REQUIRE(run.status() == status);
  return run;
}

command make(std::string_view name, const driven_run& run) {
  if (name == "start") {
    start_command again;
    again.key = run.state().key;
    again.flow = run.flow().id();
    return again;
  }
  if (name == "step outcome") {
    return step_outcome_command{
        .token = 1, .node = "a", .visit = 1, .attempt = 1, .value = json::object()};
  }
  if (name == "advance") return advance_command{};
  if (name == "cancel") return cancel_command{};
  if (name == "retry") return retry_command{};
  if (name == "pause") return pause_command{};
  if (name == "resume") return resume_command{};
  if (name == "update") return update_command{std::nullopt, "", {{"new", 1}}};
  if (name == "signal") return signal_command{"hello", 1, ""};
  REQUIRE(name == "park");
  return park_command{"it crashed five times"};
}

using enum run_status;

/// Which commands are legal in which status, and where they lead. What is not here is refused.
/// A step outcome ends this run, because its one step is the last; so does a resume behind it. A
/// pause waits for the step.
const std::map<std::pair<run_status, std::string>, run_status> legal = {
    {{pending, "cancel"}, cancelled}, {{pending, "park"}, failed},
    {{running, "cancel"}, cancelled}, {{running, "park"}, failed},
    {{running, "advance"}, running},  {{running, "step outcome"}, completed},
    {{paused, "cancel"}, cancelled},  {{paused, "park"}, failed},
    {{failed, "retry"}, running},     {{running, "pause"}, running},
    {{paused, "resume"}, completed},  {{paused, "update"}, paused},
    {{failed, "update"}, failed},     {{running, "signal"}, running},
    {{paused, "signal"}, paused},
};

}  // namespace

TEST_CASE("each status allows exactly the commands of the table", "[commands]") {
  for (const run_status status : all_run_statuses) {
    for (const std::string name : {"start", "step outcome", "advance", "cancel", "retry", "pause",
                                   "resume", "update", "signal", "park"}) {
      driven_run run = run_that_is(status);
      const run_state before = run.state();
      command c = make(name, run);
      CHECK(name_of(c) == name);
      const auto given = run.give(std::move(c));
      CAPTURE(to_string(status), name, given ? "" : given.error().message);
      const auto expected = legal.find({status, name});
      if (expected != legal.end()) {
        REQUIRE(given);
        CHECK(run.status() == expected->second);
        CHECK((run.status() == status || is_legal_move(status, run.status())));
        CHECK(broken_invariant(run.state()) == "");
        CHECK(run.state().sequence == before.sequence + 1);
      } else {
        REQUIRE_FALSE(given);
        CHECK(run.state() == before);
        const errc code = given.error().code;
        CHECK(code == (name == "step outcome" ? errc::conflict : errc::illegal_transition));
      }
    }
  }
}

TEST_CASE("a refused command says in what status the run is and what is legal", "[commands]") {
  const auto refusal = [](run_status status, const char* name) {
    driven_run run = run_that_is(status);
    return run.give(make(name, run)).error().message;
  };
  CHECK(refusal(completed, "cancel") ==
        "cannot cancel run r1: it is completed; legal now: restart as a new run");
  CHECK(refusal(running, "retry") ==
        "cannot retry run r1: it is running; legal now: pause, signal or cancel");
  CHECK(refusal(failed, "cancel") ==
        "cannot cancel run r1: it is failed; legal now: retry, update, or restart as a new run");
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
            command{update_command{expected, "", {}}}}) {
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
