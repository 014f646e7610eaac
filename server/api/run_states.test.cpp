#include "server/testing/api_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::server;
using pawl::server::testing::api_fixture;

TEST_CASE("a run is explained with its reasons and the commands that move it", "[api][explain]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  REQUIRE(f.post("/v1/runs?wait=10ms", {{"flow", "f"}, {"id", "r"}}).status == 202);
  const auto explained = f.get("/v1/runs/r/explain");
  REQUIRE(explained.status == 200);
  CHECK(explained.body["run"]["id"] == "r");
  const json& reason = explained.body["reasons"][0];
  CHECK(reason["kind"] == "signal");
  CHECK(reason["text"] == "Waits at \"s\" for the signal \"go\".");
  CHECK(reason["commands"] == json::array({{{"command", "signal"}, {"name", "go"}}}));
  CHECK(reason["until"] == nullptr);
  CHECK(explained.body["subflows"] == json::array());
  CHECK(f.get("/v1/runs/none/explain").status == 404);
}

TEST_CASE("states of a run are shown, compared and forked", "[api][time_travel]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  REQUIRE(
      f.post("/v1/runs?wait=10ms", {{"flow", "f"}, {"id", "r"}, {"input", {{"n", 1}}}}).status ==
      202);
  const auto state = f.get("/v1/runs/r/states/1");
  REQUIRE(state.status == 200);
  CHECK(state.body["data"] == json{{"n", 1}});
  CHECK(state.body["fork_refusal"] == "");
  CHECK(f.get("/v1/runs/r/states/0").status == 400);
  CHECK(f.get("/v1/runs/r/states/x").status == 400);
  CHECK(f.get("/v1/runs/r/states/99").status == 404);
  const auto diff = f.get("/v1/runs/r/diff?from=1&to=1");
  CHECK(diff.body["changes"] == json::array());
  CHECK(f.get("/v1/runs/r/diff?from=zero").status == 400);
  const json wanted{{"id", "r2"}, {"checkpoint", 1}, {"data", {{"n", 2}}}};
  const auto forked = f.post("/v1/runs/r/fork", wanted);
  CHECK(forked.status == 201);
  CHECK(forked.field("Location") == "/v1/runs/r2");
  CHECK(f.post("/v1/runs/r/fork", wanted).status == 200);
  CHECK(f.get("/v1/runs/r2").body["data"] == json{{"n", 2}});
  CHECK(f.post("/v1/runs/r/fork", {{"checkpoint", 0}}).status == 400);
  CHECK(f.post("/v1/runs/r/fork", {{"checkpoint", 99}}).status == 404);
}
