#include "flow/testing/driven_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;
using namespace std::chrono_literals;

json subflow(std::string id, json more = json::object()) {
  if (!more.contains("flow")) more["flow"] = "child";
  return node_of(std::move(id), "subflow", std::move(more));
}

lines errors_of_subflow(json data) {
  return errors_of(chain({start(), node_of("s", "subflow", std::move(data))}));
}

lines errors_of_subflow_with(const char* key, json value) {
  return errors_of_subflow({{"flow", "child"}, {key, std::move(value)}});
}

/// Returns the child run that a node has started or requested.
run_id child_of(const driven_run& run, const std::string& node) {
  const auto* const call = run.call_of(node);
  return call != nullptr && call->child ? call->child->id : run_id{};
}

/// Starts the child run that a node has requested.
invoke_effect begin_child(driven_run& run, const std::string& node) {
  const invoke_effect call = *run.call_of(node);
  REQUIRE(run.apply(child_started_command{call.token, call.child->id}));
  return call;
}

/// Returns the calls that the last transition abandoned.
std::vector<abandoned_child> abandoned(const driven_run& run) {
  std::vector<abandoned_child> children;
  for (const auto& e : run.last().effects)
    if (const auto* const over = std::get_if<abandon_child_effect>(&e))
      children.push_back(over->child);
  CHECK(run.last().change.children_abandoned == children);  // what is done is noted first
  return children;
}

using children = std::vector<abandoned_child>;

}  // namespace

TEST_CASE("a run that waits for its subflow needs no actor", "[subflow]") {
  driven_run run{chain({start(), subflow("s"), task("a"), end()})};
  REQUIRE(run.begin({{"n", 1}}));
  CHECK_FALSE(is_parked(run.state()));
  CHECK(survives_restart(run));
  const auto call = begin_child(run, "s");
  CHECK(call.args == json{{"n", 1}});
  CHECK(is_parked(run.state()));
  CHECK(run.calls().empty());
  CHECK(recover(run.flow(), run.state()).effects.empty());
  const auto again = run.apply(child_started_command{call.token, call.child->id});
  REQUIRE_FALSE(again);
  CHECK(again.error().code == errc::conflict);
  REQUIRE(run.apply(run.outcome_of(call, json{{"m", 2}})));
  CHECK(run.waiting_at() == lines{"a"});
  CHECK(run.data() == json{{"n", 1}, {"m", 2}});
  CHECK(run.story() == lines{"run_created", "step_started s 1.1", "child_started s 1.1",
                             "step_finished s 1.1", "step_started a 1.1"});
}

TEST_CASE("a subflow that times out fails and is stopped", "[subflow][timeout]") {
  driven_run run{
      flow_of({start(), subflow("s", {{"timeout", "10s"}}), task("a"), task("late")},
              {edge("start", "s"), edge("s", "a"), edge_on("on_error", "s", "late", "timed_out")})};
  const auto began = run.now();
  REQUIRE(run.begin());
  CHECK(next_timer(run.state()) == began + 10s);
  const auto call = begin_child(run, "s");
  CHECK(next_timer(run.state()) == began + 10s);
  const run_state before = run.state();
  REQUIRE_FALSE(run.apply(timer_command{}));
  CHECK(run.state() == before);
  REQUIRE(run.fire_timer());
  CHECK(abandoned(run) == children{{call.child->id, child_fate::cancel, 1}});
  CHECK(run.waiting_at() == lines{"late"});
  CHECK(next_timer(run.state()) == std::nullopt);
  CHECK_FALSE(run.apply(run.outcome_of(call, json::object())));  // nothing waits for its end
}

namespace {

/// The durations in the events of a kind, in seconds.
std::vector<std::int64_t> seconds_of(const driven_run& run, event_kind kind) {
  std::vector<std::int64_t> all;
  for (const auto& e : run.events())
    if (e.kind == kind) all.push_back(e.detail.at("us").get<std::int64_t>() / 1'000'000);
  return all;
}

}  // namespace

TEST_CASE("the duration of a subflow is that of the attempt", "[subflow][timeout][retry]") {
  driven_run run{chain({start(), subflow("s", {{"timeout", "10s"}}), end()})};
  REQUIRE(run.begin());
  const auto first = begin_child(run, "s");
  REQUIRE(run.fire_timer());
  CHECK(seconds_of(run, event_kind::step_failed) == std::vector<std::int64_t>{10});
  REQUIRE(run.status() == run_status::failed);
  run.advance_clock(1h);
  REQUIRE(run.apply(retry_command{}));
  const auto began = run.now() - 1s;  // each command takes a second
  auto second = begin_child(run, "s");
  run.advance_clock(3s);
  auto outcome = run.outcome_of(second, json::object());
  outcome.began_at = outcome.ended_at - 2h;  // the child run was created for the first attempt
  const auto took = std::chrono::duration_cast<std::chrono::seconds>(run.now() - began);
  REQUIRE(run.apply(outcome));
  CHECK(seconds_of(run, event_kind::step_finished) == std::vector<std::int64_t>{took.count()});
}

TEST_CASE("the notice that a child run started is ignored by the next node", "[subflow]") {
  // Found by the simulation (seed 4047537721): the token had the same visit and attempt at the next
  // node and seemed to wait for the child run, so the outcome of its own call was refused.
  driven_run run{
      flow_of({start(), subflow("s", {{"timeout", "10s"}}), task("a"), task("late")},
              {edge("start", "s"), edge("s", "a"), edge_on("on_error", "s", "late", "timed_out")})};
  REQUIRE(run.begin());
  const invoke_effect call = *run.call_of("s");
  REQUIRE(run.fire_timer());
  REQUIRE(run.waiting_at() == lines{"late"});
  const run_state before = run.state();
  const auto started = run.apply(child_started_command{call.token, call.child->id});
  REQUIRE_FALSE(started);
  CHECK(started.error().code == errc::conflict);
  CHECK(run.state() == before);
  REQUIRE(run.finish("late"));
}

TEST_CASE("total_timeout of a subflow cuts its last attempt short", "[subflow][timeout]") {
  driven_run run{chain(
      {start(),
       subflow("s",
               {{"timeout", "20s"},
                {"total_timeout", "30s"},
                {"retry", {{"max_attempts", 9}, {"initial_interval", "1s"}, {"jitter", 0}}}})})};
  const auto began = run.now();
  REQUIRE(run.begin());
  const auto first = begin_child(run, "s");
  CHECK(next_timer(run.state()) == began + 20s);
  REQUIRE(run.fire_timer());
  CHECK(abandoned(run) == children{{first.child->id, child_fate::halt, 1}});
  REQUIRE(run.fire_timer());  // the wait before the second attempt
  CHECK(next_timer(run.state()) == began + 30s);
  const auto second = begin_child(run, "s");
  CHECK(second.child->id == first.child->id);  // the second attempt resumes the same run
  REQUIRE(run.fire_timer());
  CHECK(abandoned(run) == children{{first.child->id, child_fate::halt, 2}});
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "timed_out");
}

TEST_CASE("the time-out of a subflow does not run while the run is paused", "[subflow][timeout]") {
  driven_run run{chain({start(), subflow("s", {{"timeout", "10s"}}), end()})};
  REQUIRE(run.begin());
  begin_child(run, "s");
  const auto left = *next_timer(run.state()) - run.now();
  REQUIRE(run.apply(pause_command{}));
  CHECK(run.state().pausing());
  CHECK(is_parked(run.state()));
  CHECK(next_timer(run.state()) == std::nullopt);
  run.advance_clock(60s);
  const auto now = run.now();
  REQUIRE(run.apply(resume_command{}));
  CHECK(*next_timer(run.state()) >= now + left - 1s);
}

TEST_CASE("cancelling a run stops its subflow, started or not", "[subflow]") {
  for (const bool begun : {false, true}) {
    driven_run run{chain({start(), subflow("s"), end()})};
    REQUIRE(run.begin());
    const run_id child = child_of(run, "s");
    if (begun) begin_child(run, "s");
    REQUIRE(run.apply(cancel_command{}));
    CHECK(run.status() == run_status::cancelled);
    CHECK(abandoned(run) == children{{child, child_fate::cancel, 1}});
    CHECK_FALSE(run.state().tokens.empty());
    for (const auto& t : run.state().tokens) CHECK_FALSE(t.child);
  }
}

TEST_CASE("a compensating run waits for the end of its stopped subflow", "[subflow][compensate]") {
  driven_run run{flow_of({start(), task("a", {{"compensate", {{"code_ref", "undo"}}}}),
                          subflow("s", {{"timeout", "10s"}})},
                         {edge("start", "a"), edge("a", "s")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  const auto call = begin_child(run, "s");
  REQUIRE(run.apply(cancel_command{}));
  CHECK(abandoned(run) == children{{call.child->id, child_fate::cancel, 1}});
  CHECK(run.status() == run_status::running);
  CHECK(is_parked(run.state()));
  CHECK(next_timer(run.state()) == std::nullopt);  // it ends, however long that takes
  REQUIRE(run.apply(run.outcome_of(call, error{errc::cancelled, "started to"})));
  CHECK(run.waiting_at() == lines{"a"});
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::cancelled);
}

TEST_CASE("all attempts of a visit wait for the same child run", "[subflow][retry]") {
  driven_run run{chain({start(), subflow("s"), end()})};
  REQUIRE(run.begin());
  const auto first = begin_child(run, "s");
  REQUIRE(run.apply(run.outcome_of(first, fail("broken", "it broke"))));
  REQUIRE(run.status() == run_status::failed);
  CHECK(abandoned(run).empty());  // it has ended by itself
  REQUIRE(run.apply(retry_command{}));
  const auto second = *run.call_of("s");
  CHECK(second.attempt == 2);
  CHECK(second.child->id == first.child->id);
}

TEST_CASE("a child run that cannot be resumed is replaced by the next", "[subflow][retry]") {
  driven_run run{chain({start(), subflow("s"), end()})};
  REQUIRE(run.begin());
  const auto first = begin_child(run, "s");
  REQUIRE(run.apply(run.outcome_of(first, error{errc::cancelled, "it was cancelled"})));
  REQUIRE(run.apply(retry_command{}));
  const auto second = *run.call_of("s");
  REQUIRE(run.apply(replace_child_command{second.token, second.child->id}));
  const auto third = *run.call_of("s");
  CHECK(third.attempt == 2);
  CHECK(third.child->id != second.child->id);
  CHECK(survives_restart(run));
  const auto late = run.apply(replace_child_command{second.token, second.child->id});
  REQUIRE_FALSE(late);
  CHECK(late.error().code == errc::conflict);
  // The next attempt has the same.
  begin_child(run, "s");
  REQUIRE(run.apply(run.outcome_of(third, fail("broken", "it broke"))));
  REQUIRE(run.apply(retry_command{}));
  CHECK(child_of(run, "s") == third.child->id);
}

TEST_CASE("a run that fails halts its other child runs; a retry resumes them", "[subflow][retry]") {
  driven_run run{
      flow_of({start(), subflow("s"), task("a")}, {edge("start", "s"), edge("start", "a")})};
  REQUIRE(run.begin());
  const auto call = begin_child(run, "s");
  REQUIRE(run.finish("a", fail("broken", "it broke")));
  CHECK(abandoned(run) == children{{call.child->id, child_fate::halt, 1}});
  REQUIRE(run.apply(retry_command{}));
  CHECK(child_of(run, "s") == call.child->id);
  CHECK(run.call_of("s")->attempt == 2);
}

TEST_CASE("a cancel between two attempts of a subflow reaches its child run", "[subflow][retry]") {
  driven_run run{
      chain({start(), subflow("s", {{"retry", {{"max_attempts", 2}, {"initial_interval", "1h"}}}}),
             end()})};
  REQUIRE(run.begin());
  const auto call = begin_child(run, "s");
  REQUIRE(run.apply(run.outcome_of(call, fail("broken", "it broke"))));
  REQUIRE(run.apply(cancel_command{}));  // a retry of the child may have resumed it
  CHECK(abandoned(run) == children{{call.child->id, child_fate::cancel, 1}});
}

TEST_CASE("a loop through a subflow's on_error edge ends at the limit of visits", "[subflow]") {
  driven_run run{flow_of({start(), subflow("s", {{"max_visits", 3}}), end()},
                         {edge("start", "s"), edge("s", "end"), edge_on("on_error", "s", "s")})};
  REQUIRE(run.begin());
  std::vector<run_id> children;
  while (run.status() == run_status::running) {
    children.push_back(child_of(run, "s"));
    REQUIRE(run.finish("s", error{errc::function_failed, "it failed"}));
  }
  CHECK(children.size() == 3);
  CHECK(children[0] != children[1]);
  CHECK(run.state().error->type == "visit_limit");
}

TEST_CASE("a subflow node needs the name of a flow", "[subflow][validation]") {
  const std::string at = "/nodes/1/data";
  CHECK(errors_of_subflow(json::object()) == lines{at + " missing_key"});
  CHECK(errors_of_subflow({{"flow", nullptr}}) == lines{at + " missing_key"});
  for (const json& bad :
       {json(""), json(7), json(true), json::array({"child"}), json{{"name", "child"}}})
    CHECK(errors_of_subflow({{"flow", bad}}) == lines{at + "/flow wrong_type"});
  CHECK(errors_of_subflow({{"flow", var("x")}}) == lines{at + "/allow missing_key"});
  for (const char* bad : {"a\nb", "..", "a\tb"})
    CHECK(errors_of_subflow({{"flow", bad}}) == lines{at + "/flow bad_name"});
  CHECK(errors_of_subflow({{"flow", std::string(256, 'x')}}) == lines{at + "/flow bad_name"});
  for (const char* good : {"child", "a b/c", "a.b_c:d-e", "9", "ü", "入库"})
    CHECK(errors_of_subflow({{"flow", good}}) == lines{});
}

TEST_CASE("the version of a subflow is checked", "[subflow][validation]") {
  const std::string at = "/nodes/1/data/version";
  for (const json& bad : {json(1), json(1.5), json(true), json(""), json::array({1, 0, 0})})
    CHECK(errors_of_subflow_with("version", bad) == lines{at + " wrong_type"});
  for (const char* bad : {"latest", "v1", "x", "1.x.x", "1.", ".1", "1.2.3.4", "-1.0.0", "1.-2",
                          "1 .0", "1.0.0-beta", "4294967296.0.0", "^1.0.0"})
    CHECK(errors_of_subflow_with("version", bad) == lines{at + " bad_version"});
  for (const json& good :
       {json("1"), json("1.2"), json("1.2.3"), json("1.x"), json("1.2.x"), json(nullptr)})
    CHECK(errors_of_subflow_with("version", good) == lines{});
}

TEST_CASE("the data of a subflow is checked", "[subflow][validation]") {
  const std::string at = "/nodes/1/data/";
  const auto with = errors_of_subflow_with;
  for (const json& bad : {json(1), json("x"), json(true), json::array({1})})
    CHECK(with("input", bad) == lines{at + "input wrong_type"});
  CHECK(with("input", {{"!", {{"wat", 1}}}}) == lines{at + "input/!/wat unknown_operator"});
  for (const json& good : {json(nullptr), json::object(), json{{"a", 1}, {"b", 2}}, json(var("x"))})
    CHECK(with("input", good) == lines{});
  for (const json& bad : {json("soon"), json(-1), json("-1s"), json(1e300), json(true)})
    for (const char* key : {"timeout", "total_timeout"})
      CHECK(with(key, bad) == lines{at + key + " bad_duration"});
  for (const json& bad : {json(3), json::array()})
    CHECK(with("retry", bad) == lines{at + "retry wrong_type"});
  CHECK(with("retry", {{"max_attempts", -1}}) == lines{at + "retry/max_attempts out_of_range"});
  for (const json& bad : {json(""), json(1)})
    CHECK(with("into", bad) == lines{at + "into wrong_type"});
  CHECK(with("compensate", "undo") == lines{at + "compensate wrong_type"});
  CHECK(with("compensate", {{"flow", "undo"}}) ==
        lines{at + "compensate/flow unknown_key", at + "compensate missing_key"});
  CHECK(with("max_visits", 0) == lines{at + "max_visits out_of_range"});
}

TEST_CASE("unknown keys of a subflow cause a warning and change nothing", "[subflow][validation]") {
  const json flow = chain({start(), subflow("s", {{"code_ref", "f"},
                                                  {"effect", "once"},
                                                  {"in_doubt", "fail"},
                                                  {"inupt", 1},
                                                  {"queue", "gpu"}})});
  CHECK(errors_of(flow) == lines{});
  CHECK(warnings_of(flow) ==
        lines{"/nodes/1/data/code_ref unknown_key", "/nodes/1/data/effect unknown_key",
              "/nodes/1/data/in_doubt unknown_key", "/nodes/1/data/inupt unknown_key",
              "/nodes/1/data/queue unknown_key"});
  // Starting a run twice starts it once, so the step is never in doubt.
  driven_run run{flow};
  REQUIRE(run.begin());
  const auto due = recover(*compiled(flow), run.state());
  REQUIRE(due.effects.size() == 1);
  CHECK(std::get<invoke_effect>(due.effects[0]).child.has_value());
  CHECK(due.commands.empty());
}

// Stored runs name their children by these ids: they never change.
TEST_CASE("the id of a child run is derived from its parent's visit and never changes",
          "[subflow]") {
  driven_run run{chain({start(), node_of("s", "subflow", {{"flow", "child"}})})};
  REQUIRE(run.begin());
  CHECK(child_of(run, "s").str() == "sub-c47ff4471ebecf9bdc42d15217b4cdcc59a4");
}
