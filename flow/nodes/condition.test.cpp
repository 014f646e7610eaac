#include "flow/testing/driven_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

/// Returns the result of a condition.
bool holds(json rule, json input = json::object(), json metadata = json::object()) {
  driven_run run{
      flow_of({start(), condition("check", std::move(rule)), task("yes"), task("no")},
              {edge("start", "check"), edge("check", "yes", true), edge("check", "no", false)})};
  REQUIRE(run.begin(std::move(input), std::move(metadata)));
  REQUIRE(run.waiting_at().size() == 1);
  return run.waiting_at().front() == "yes";
}

json equal(const char* path, json value) {
  return {{"===", json::array({var(path), std::move(value)})}};
}

}  // namespace

TEST_CASE("a condition needs a rule", "[condition][validation]") {
  CHECK(errors_of(chain({start(), node_of("c", "condition")})) ==
        lines{"/nodes/1/data missing_key"});
  CHECK(errors_of(chain({start(), condition("c", {{"wat", 1}})})) ==
        lines{"/nodes/1/data/expr/wat unknown_operator"});
  CHECK(errors_of(chain({start(), condition("c", nullptr)})) ==
        lines{"/nodes/1/data/expr constant_rule"});
  CHECK(errors_of(chain({start(), condition("c", false)})) == lines{});
}

TEST_CASE("a condition reads the data of the run by top-level key", "[condition]") {
  CHECK(holds(equal("order.total", 42), {{"order", {{"total", 42}}}}));
  CHECK_FALSE(holds(equal("order.total", 42), {{"order", {{"total", 41}}}}));
  CHECK_FALSE(holds(var("nowhere")));
  CHECK(holds(true));
  CHECK_FALSE(holds(false));
}

TEST_CASE("a condition reads metadata, run_id, thread_id and current_node", "[condition]") {
  CHECK(holds(equal("metadata.by", "ada"), json::object(), {{"by", "ada"}}));
  CHECK(holds(equal("run_id", "r1")));
  CHECK(holds(equal("thread_id", "r1")));
  CHECK(holds(equal("current_node", "check")));
}

TEST_CASE("condition_result is null before the first condition", "[condition]") {
  CHECK(holds(equal("condition_result", nullptr)));
}

TEST_CASE("condition_result is the result of the last condition on the path", "[condition]") {
  for (const bool truth : {true, false}) {
    driven_run run{
        flow_of({start(), condition("first", var("ok")), task("a"),
                 condition("second", equal("condition_result", true)), task("yes"), task("no")},
                {edge("start", "first"), edge("first", "a"), edge("a", "second"),
                 edge("second", "yes", true), edge("second", "no", false)})};
    REQUIRE(run.begin({{"ok", truth}}));
    REQUIRE(run.finish("a"));
    CHECK(run.waiting_at() == (truth ? lines{"yes"} : lines{"no"}));
  }
}

TEST_CASE("branches have their own condition_result", "[condition][fork]") {
  driven_run run{
      flow_of({start(), condition("t", true), condition("f", false), task("a"), task("b")},
              {edge("start", "t"), edge("start", "f"), edge("t", "a"), edge("f", "b")})};
  REQUIRE(run.begin());
  REQUIRE(run.state().tokens.size() == 2);
  CHECK(run.state().tokens[0].condition_result == true);
  CHECK(run.state().tokens[1].condition_result == false);
}

TEST_CASE("data cannot shadow the variables of the engine", "[condition]") {
  const json liar = {{"run_id", "mine"},
                     {"thread_id", "mine"},
                     {"current_node", "mine"},
                     {"condition_result", "mine"},
                     {"metadata", {{"by", "mine"}}}};
  CHECK(holds(equal("run_id", "r1"), liar));
  CHECK(holds(equal("thread_id", "r1"), liar));
  CHECK(holds(equal("current_node", "check"), liar));
  CHECK(holds(equal("condition_result", nullptr), liar));
  CHECK(holds(equal("metadata.by", "ada"), liar, {{"by", "ada"}}));
  CHECK(holds(equal("metadata.by", nullptr), liar));
}

TEST_CASE("the result of a condition is in the history", "[condition]") {
  driven_run run{chain({start(), condition("c", var("ok")), end()})};
  REQUIRE(run.begin({{"ok", 1}}));
  CHECK(run.story("condition") == lines{"condition_evaluated c 1.1"});
  CHECK(run.events()[1].detail == json{{"result", true}});
}

TEST_CASE("a failing rule of a condition fails the run at its node", "[condition][fail]") {
  driven_run run{chain({start(), condition("c", {{"*", json::array()}}), end()})};
  REQUIRE(run.begin());
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->node == "c");
  CHECK(run.state().error->type == "invalid_arguments");
  CHECK(run.state().visits == std::vector<std::uint32_t>{1, 1});
}
