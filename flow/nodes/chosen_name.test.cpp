// Names of functions and flows that a rule chooses.
#include "flow/testing/driven_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

json choosing(json code_ref, json allow) {
  json data{{"code_ref", std::move(code_ref)}};
  if (!allow.is_null()) data["allow"] = std::move(allow);
  return chain({start(), node_of("a", "task", std::move(data)), end()});
}

const json by_tool = {{"var", "tool"}};

}  // namespace

TEST_CASE("a rule chooses the function of a task", "[chosen-name]") {
  const json flow = choosing(by_tool, {"tools.search", "tools.mail"});
  for (const char* tool : {"tools.search", "tools.mail"}) {
    driven_run run{flow};
    REQUIRE(run.begin({{"tool", tool}}));
    REQUIRE(run.call_of("a") != nullptr);
    CHECK(run.call_of("a")->code_ref == tool);
    REQUIRE(run.finish("a"));
    CHECK(run.status() == run_status::completed);
  }
}

TEST_CASE("a text with braces chooses, too", "[chosen-name]") {
  driven_run run{choosing("tools.{{tool}}", {"tools.search", "tools.mail"})};
  REQUIRE(run.begin({{"tool", "mail"}}));
  CHECK(run.call_of("a")->code_ref == "tools.mail");
}

TEST_CASE("a name that is not allowed fails the step, which is not repeated", "[chosen-name]") {
  json flow = choosing(by_tool, {"tools.search"});
  flow["nodes"][1]["data"]["retry"] = {{"max_attempts", 5}};
  for (const json& tool : {json("tools.delete"), json(7), json(nullptr)}) {
    driven_run run{flow};
    REQUIRE(run.begin({{"tool", tool}}));
    CHECK(run.status() == run_status::failed);
    REQUIRE(run.state().error);
    CHECK(run.state().error->type == "name_not_allowed");
    CHECK(run.state().error->attempt == 1);
  }
}

TEST_CASE("a recovered run makes the same call", "[chosen-name][recovery]") {
  driven_run run{choosing(by_tool, {"tools.search", "tools.mail"})};
  REQUIRE(run.begin({{"tool", "tools.mail"}}));
  run.restart_from(run.state());
  REQUIRE(run.call_of("a") != nullptr);
  CHECK(run.call_of("a")->code_ref == "tools.mail");
}

TEST_CASE("a rule chooses the flow of a child run", "[chosen-name][subflow]") {
  driven_run run{chain(
      {start(),
       node_of("a", "subflow",
               {{"flow", {{"cat", {"by-", {{"var", "way"}}}}}}, {"allow", {"by-air", "by-sea"}}}),
       end()})};
  REQUIRE(run.begin({{"way", "sea"}}));
  REQUIRE(run.call_of("a") != nullptr);
  REQUIRE(run.call_of("a")->child);
  CHECK(run.call_of("a")->child->flow.str() == "by-sea");
}

TEST_CASE("the functions of a flow include all that a rule can choose", "[chosen-name]") {
  CHECK(compiled(choosing(by_tool, {"tools.search", "tools.mail"}))->code_refs() ==
        lines{"tools.mail", "tools.search"});
}

TEST_CASE("a computed name needs the names that it can be", "[chosen-name][validation]") {
  CHECK(errors_of(choosing(by_tool, nullptr)) == lines{"/nodes/1/data/allow missing_key"});
  CHECK(errors_of(choosing(by_tool, json::array())) == lines{"/nodes/1/data/allow missing_key"});
  CHECK(errors_of(choosing(by_tool, {"ok", "../x"})) == lines{"/nodes/1/data/allow bad_code_ref"});
  CHECK(errors_of(choosing(by_tool, "one")) == lines{"/nodes/1/data/allow wrong_type"});
  CHECK(errors_of(choosing("plain", {"plain"})) == lines{"/nodes/1/data/allow contradiction"});
  CHECK(errors_of(choosing({{"a", 1}, {"b", 2}}, {"plain"})) ==
        lines{"/nodes/1/data/code_ref wrong_type"});
  json flow = choosing("plain", nullptr);
  flow["nodes"][1]["data"]["compensate"] = {{"code_ref", by_tool}};
  CHECK_FALSE(errors_of(flow).empty());
}
