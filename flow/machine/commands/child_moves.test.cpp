// The commands that a parent sends to its child run, in every state of the child, as a table.

#include <map>

#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

const std::vector<std::string> child_states = {"running",   "paused",   "compensating",
                                               "failed",    "halted",   "compensated",
                                               "completed", "cancelled"};

/// A child run of its parent's second attempt, brought to a state.
driven_run child_that_is(const std::string& state) {
  const bool compensates = state.starts_with("compensat");
  driven_run run{compensates ? chain({start(), task("a", {{"compensate", {{"code_ref", "undo"}}}}),
                                      node_of("f", "fail", {{"message", "no"}})})
                             : chain({start(), task("a"), task("b"), end()})};
  REQUIRE(run.begin({{"n", 1}}, json::object(), 2));
  REQUIRE(run.finish("a"));
  if (state == "compensated") REQUIRE(run.finish("a"));
  if (state == "paused") {
    REQUIRE(run.apply(pause_command{}));
    REQUIRE(run.finish("b"));
  }
  if (state == "failed") REQUIRE(run.finish("b", fail("broken", "it broke")));
  if (state == "halted") REQUIRE(run.apply(abandon_command{child_fate::halt, 2}));
  if (state == "completed") REQUIRE(run.finish("b"));
  if (state == "cancelled") REQUIRE(run.apply(cancel_command{}));
  return run;
}

std::string child_state(const run_state& run) {
  if (run.compensating) return "compensating";
  if (run.status != run_status::failed) return std::string{to_string(run.status)};
  if (run.tokens.empty()) return "compensated";
  return run.error->type == "parent_failed" ? "halted" : "failed";
}

command parent_command(const std::string& name) {
  if (name == "adopt 2") return adopt_command{2};
  if (name == "adopt 3") return adopt_command{3};
  if (name == "halt 1") return abandon_command{child_fate::halt, 1};
  if (name == "halt 2") return abandon_command{child_fate::halt, 2};
  if (name == "cancel") return abandon_command{child_fate::cancel, 2};
  REQUIRE(name == "terminate");
  return abandon_command{child_fate::terminate, 2};
}

const std::vector<std::string> parent_commands = {"adopt 2", "adopt 3", "halt 1",
                                                  "halt 2",  "cancel",  "terminate"};

/// The commands that change the child, and the state they lead to. All others change nothing.
const std::map<std::pair<std::string, std::string>, std::string> child_changes = {
    {{"running", "adopt 3"}, "running"},
    {{"running", "halt 2"}, "halted"},
    {{"running", "cancel"}, "cancelled"},
    {{"running", "terminate"}, "cancelled"},

    {{"paused", "adopt 3"}, "paused"},
    {{"paused", "halt 2"}, "halted"},
    {{"paused", "cancel"}, "cancelled"},
    {{"paused", "terminate"}, "cancelled"},

    {{"compensating", "adopt 3"}, "compensating"},
    {{"compensating", "terminate"}, "cancelled"},

    {{"failed", "adopt 3"}, "running"},
    {{"halted", "adopt 3"}, "running"},
    {{"completed", "adopt 3"}, "completed"},
};

}  // namespace

TEST_CASE("what a parent's commands do to its child run in every state", "[commands][subflow]") {
  for (const auto& state : child_states) {
    for (const auto& name : parent_commands) {
      CAPTURE(state, name);
      driven_run run = child_that_is(state);
      REQUIRE(child_state(run.state()) == state);
      const run_state before = run.state();
      const auto given = run.apply(parent_command(name));
      const auto expected = child_changes.find({state, name});
      if (expected == child_changes.end()) {
        CHECK(run.state() == before);
        CHECK((given || given.error().code == errc::illegal_transition));
        continue;
      }
      REQUIRE(given);
      CHECK(child_state(run.state()) == expected->second);
      CHECK(run.state().sequence == before.sequence + 1);
      CHECK(broken_invariant(run.state()) == "");
      CHECK(survives_restart(run));
      if (name == "adopt 3") CHECK(run.state().parent_attempt == 3);
    }
  }
}

TEST_CASE("a child run that is resumed keeps its finished steps and its idempotency keys",
          "[commands][subflow]") {
  for (const std::string state : {"failed", "halted"}) {
    driven_run run = child_that_is(state);
    const auto before = run.story("step_started a");
    REQUIRE(run.apply(adopt_command{3}));
    CHECK(run.story("step_started a") == before);
    const auto& again = *run.call_of("b");
    CHECK(again.visit == 1);
    CHECK(again.attempt == 2);
    REQUIRE(run.finish("b"));
    CHECK(run.status() == run_status::completed);
  }
}

TEST_CASE("a run without a parent takes no commands of a parent", "[commands][subflow]") {
  for (const auto& name : parent_commands) {
    driven_run run{chain({start(), task("a"), end()})};
    REQUIRE(run.begin());
    const run_state before = run.state();
    const auto given = run.apply(parent_command(name));
    REQUIRE_FALSE(given);
    CHECK(given.error().code == errc::illegal_transition);
    CHECK(run.state() == before);
  }
}
