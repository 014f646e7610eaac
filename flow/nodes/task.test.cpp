#include "flow/testing/driven_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

lines diagnostics(json data) {
  return errors_of(chain({start(), node_of("a", "task", std::move(data))}));
}

/// Returns the data after a run whose only task, with `more` in its data, returned `result`.
json after(json result, json more = json::object(), json input = json::object()) {
  driven_run run{chain({start(), task("a", std::move(more)), end()})};
  REQUIRE(run.begin(std::move(input)));
  REQUIRE(run.finish("a", std::move(result)));
  REQUIRE(run.status() == run_status::completed);
  return run.data();
}

}  // namespace

TEST_CASE("a task needs the name of a function", "[task][validation]") {
  CHECK(diagnostics(json::object()) == lines{"/nodes/1/data missing_key"});
  CHECK(diagnostics({{"code_ref", nullptr}}) == lines{"/nodes/1/data missing_key"});
  CHECK(diagnostics({{"code_ref", ""}}) == lines{"/nodes/1/data/code_ref wrong_type"});
  CHECK(diagnostics({{"code_ref", 7}}) == lines{"/nodes/1/data/code_ref wrong_type"});
  CHECK(diagnostics({{"code_ref", "orders.charge"}}) == lines{});
}

TEST_CASE("a code_ref that is not a plain name is refused", "[task][validation]") {
  for (const char* hostile : {"../x", "/etc/passwd", "c:x", "a b", "a..b", "a.b.c.d.e.f.g.h.i.j.k"})
    CHECK(diagnostics({{"code_ref", hostile}}) == lines{"/nodes/1/data/code_ref bad_code_ref"});
}

TEST_CASE("a diagnostic points to code_ref in the spelling of the source", "[task][validation]") {
  CHECK(diagnostics({{"codeRef", "../x"}}) == lines{"/nodes/1/data/codeRef bad_code_ref"});
  CHECK(diagnostics({{"codeRef", 7}}) == lines{"/nodes/1/data/codeRef wrong_type"});
  CHECK(diagnostics({{"function", "../x"}}) == lines{"/nodes/1/data/function bad_code_ref"});
  CHECK(diagnostics({{"function", 7}}) == lines{"/nodes/1/data/function wrong_type"});
  CHECK(diagnostics({{"function", "f"}, {"compensate", {{"function", "../x"}}}}) ==
        lines{"/nodes/1/data/compensate/function bad_code_ref"});
  CHECK(diagnostics({{"function", "f"}, {"compensate", {{"code_ref", "../x"}}}}) ==
        lines{"/nodes/1/data/compensate/code_ref bad_code_ref"});
}

TEST_CASE("a misspelt key function causes a warning, also on a node of another type",
          "[task][validation]") {
  CHECK(
      warnings_of(chain({start(), node_of("t", "task", {{"code_ref", "f"}, {"functoin", "g"}})})) ==
      lines{"/nodes/1/data/functoin unknown_key"});
  CHECK(warnings_of(chain(
            {start(), node_of("s", "set", {{"values", json::object()}, {"function", "g"}})})) ==
        lines{"/nodes/1/data/function unknown_key"});
}

TEST_CASE("the data of a task is checked", "[task][validation]") {
  const auto with = [](const char* key, json value) {
    return diagnostics({{"code_ref", "f"}, {key, std::move(value)}});
  };
  CHECK(with("args", json::array()) == lines{"/nodes/1/data/args wrong_type"});
  CHECK(with("with", "x") == lines{"/nodes/1/data/with wrong_type"});
  CHECK(with("with", {{"a/b", {{"!", {{"wat", 1}}}}}}) ==
        lines{"/nodes/1/data/with/a~1b/!/wat unknown_operator"});
  CHECK(with("into", "") == lines{"/nodes/1/data/into wrong_type"});
  CHECK(with("into", 1) == lines{"/nodes/1/data/into wrong_type"});
  CHECK(with("timeout", "soon") == lines{"/nodes/1/data/timeout bad_duration"});
  CHECK(with("timeout", -1) == lines{"/nodes/1/data/timeout bad_duration"});
  CHECK(with("timeout", 1e300) == lines{"/nodes/1/data/timeout bad_duration"});
  for (const json& good : {json("250ms"), json("1.5m"), json(2.5), json(0)})
    CHECK(with("timeout", good) == lines{});
}

TEST_CASE("a misspelt key of a task causes a warning", "[task][validation]") {
  const json flow = chain({start(), task("a", {{"agrs", 1}, {"color", "red"}, {"label", "A"}})});
  CHECK(errors_of(flow) == lines{});
  CHECK(warnings_of(flow) == lines{"/nodes/1/data/agrs unknown_key"});
  CHECK(mentions(message_of(flow, "unknown_key"), "did you mean \"args\"?"));
}

TEST_CASE("a key of another node type causes a warning", "[task][validation]") {
  CHECK(warnings_of(chain({start(), task("a", {{"expr", true}})})) ==
        lines{"/nodes/1/data/expr unknown_key"});
  CHECK(warnings_of(chain({start(), condition("a", true, {{"timeout", "1s"}})})) ==
        lines{"/nodes/1/data/timeout unknown_key"});
}

TEST_CASE("an object result replaces the top-level keys that it names", "[task]") {
  const json input = {{"keep", 1}, {"replace", {{"old", 1}}}, {"null", 1}};
  CHECK(after({{"replace", {{"new", 2}}}, {"null", nullptr}, {"add", "x"}}, {}, input) ==
        json{{"keep", 1}, {"replace", {{"new", 2}}}, {"null", nullptr}, {"add", "x"}});
  CHECK(after(json::object(), {}, input) == input);
}

TEST_CASE("a result that is not an object is stored under the key result", "[task]") {
  for (const json& value : {json(), json(7), json("text"), json::array({1, 2}), json(false)})
    CHECK(after(value, {}, {{"in", 1}}) == json{{"in", 1}, {"result", value}});
}

TEST_CASE("into stores the whole result under one key", "[task]") {
  CHECK(after({{"x", 1}}, {{"into", "charge"}}) == json{{"charge", {{"x", 1}}}});
  CHECK(after(7, {{"into", "charge"}}, {{"charge", "old"}}) == json{{"charge", 7}});
  CHECK(after(nullptr, {{"into", "charge"}}) == json{{"charge", nullptr}});
}

TEST_CASE("with computes arguments from the data and overrides args", "[task]") {
  driven_run run{chain({start(), task("a", {{"args", {{"fixed", 1}, {"both", "args"}}},
                                            {"with",
                                             {{"both", var("name")},
                                              {"sum", {{"+", {var("x"), 2}}}},
                                              {"node", var("current_node")},
                                              {"run", var("run_id")},
                                              {"old_run", var("thread_id")},
                                              {"by", var("metadata.by")},
                                              {"none", var("nowhere")}}}})})};
  REQUIRE(run.begin({{"name", "ada"}, {"x", 40}}, {{"by", "me"}}));
  CHECK(run.call_of("a")->args == json{{"fixed", 1},
                                       {"both", "ada"},
                                       {"sum", 42},
                                       {"node", "a"},
                                       {"run", "r1"},
                                       {"old_run", "r1"},
                                       {"by", "me"},
                                       {"none", nullptr}});
}

TEST_CASE("args are passed literally; rules in them are not evaluated", "[task]") {
  driven_run run{chain({start(), task("a", {{"args", {{"rule", var("x")}}}})})};
  REQUIRE(run.begin({{"x", 1}}));
  CHECK(run.call_of("a")->args == json{{"rule", var("x")}});
}

TEST_CASE("a failing rule of an argument fails the run at its node", "[task]") {
  driven_run run{chain({start(), task("a", {{"with", {{"x", {{"*", json::array()}}}}}})})};
  REQUIRE(run.begin());
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->node == "a");
  CHECK(run.state().error->type == "invalid_arguments");
  CHECK(run.state().error->attempt == 1);
  CHECK(run.calls().empty());
}

TEST_CASE("a failed step fails the run with its class, message and node", "[task][fail]") {
  driven_run run{chain({start(), task("a"), task("b"), end()})};
  REQUIRE(run.begin({{"in", 1}}));
  REQUIRE(run.finish("a", fail("card_declined", "the card was declined")));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error == run_error{"card_declined", "the card was declined", "a", 1});
  CHECK(run.data() == json{{"in", 1}});
  CHECK(run.state().finished_at.has_value());
  CHECK(run.story() ==
        lines{"run_created", "step_started a 1.1", "step_failed a 1.1", "run_failed"});
  CHECK(run.events()[2].detail["type"] == "card_declined");
}

TEST_CASE("a failure without a class has the class of its code", "[task][fail]") {
  driven_run run{chain({start(), task("a"), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", error{errc::timed_out, "it took longer than 5s"}));
  CHECK(run.state().error->type == "timed_out");
}

TEST_CASE("the history has the duration of a step", "[task]") {
  driven_run run{chain({start(), task("a"), end()})};
  REQUIRE(run.begin());
  auto outcome = run.outcome_of(*run.call_of("a"), json::object());
  outcome.began_at = from_unix_us(1'000'000);
  outcome.ended_at = from_unix_us(1'250'000);
  REQUIRE(run.apply(outcome));
  CHECK(run.last().change.events.front().detail == json{{"us", 250'000}});
}
