#include "flow/testing/driven_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

json subflow(std::string id, json more = json::object()) {
  if (!more.contains("flow")) more["flow"] = "child";
  return node_of(std::move(id), "subflow", std::move(more));
}

lines faults_of_subflow(json data) {
  return errors_of(chain({start(), node_of("s", "subflow", std::move(data))}));
}

lines faults_of_subflow_with(const char* key, json value) {
  return faults_of_subflow({{"flow", "child"}, {key, std::move(value)}});
}

}  // namespace

TEST_CASE("a subflow names the flow that it runs", "[subflow][validation]") {
  const std::string at = "/nodes/1/data";
  CHECK(faults_of_subflow(json::object()) == lines{at + " missing_key"});
  CHECK(faults_of_subflow({{"flow", nullptr}}) == lines{at + " missing_key"});
  for (const json& bad : {json(""), json(7), json(true), json::array({"child"}), json(var("x")),
                          json{{"name", "child"}}})
    CHECK(faults_of_subflow({{"flow", bad}}) == lines{at + "/flow wrong_type"});
  for (const char* bad : {"a\nb", "child@1.0.0", "ü", "a\tb"})
    CHECK(faults_of_subflow({{"flow", bad}}) == lines{at + "/flow bad_name"});
  CHECK(faults_of_subflow({{"flow", std::string(129, 'x')}}) == lines{at + "/flow bad_name"});
  for (const char* good : {"child", "a b/c", "a.b_c:d-e", "9"})
    CHECK(faults_of_subflow({{"flow", good}}) == lines{});
}

TEST_CASE("a subflow's version is one that can be", "[subflow][validation]") {
  const std::string at = "/nodes/1/data/version";
  for (const json& bad : {json(1), json(1.5), json(true), json(""), json::array({1, 0, 0})})
    CHECK(faults_of_subflow_with("version", bad) == lines{at + " wrong_type"});
  for (const char* bad : {"latest", "v1", "1.x", "1.", ".1", "1.2.3.4", "-1.0.0", "1.-2", "1 .0",
                          "1.0.0-beta", "4294967296.0.0", "^1.0.0"})
    CHECK(faults_of_subflow_with("version", bad) == lines{at + " bad_version"});
  for (const json& good : {json("1"), json("1.2"), json("1.2.3"), json(nullptr)})
    CHECK(faults_of_subflow_with("version", good) == lines{});
}

TEST_CASE("what a subflow's data says is checked", "[subflow][validation]") {
  const std::string at = "/nodes/1/data/";
  const auto with = faults_of_subflow_with;
  for (const json& bad : {json(1), json("x"), json(true), json::array({1})})
    CHECK(with("input", bad) == lines{at + "input wrong_type"});
  CHECK(with("input", {{"wat", 1}}) == lines{at + "input/wat unknown_operator"});
  for (const json& good : {json(nullptr), json::object(), json{{"a", 1}, {"b", 2}}, json(var("x"))})
    CHECK(with("input", good) == lines{});
  for (const json& bad : {json("soon"), json(-1), json("-1s"), json(1e300), json(true)})
    CHECK(with("total_timeout", bad) == lines{at + "total_timeout bad_duration"});
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

TEST_CASE("keys that a subflow does not read are warned of, and change nothing",
          "[subflow][validation]") {
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
  // A run that was started twice was started once: such a step is never in doubt.
  driven_run run{flow};
  REQUIRE(run.begin());
  const auto due = recover(*compiled(flow), run.state());
  REQUIRE(due.effects.size() == 1);
  CHECK(std::get<invoke_effect>(due.effects[0]).child.has_value());
  CHECK(due.commands.empty());
}
