#include "server/testing/api_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using namespace pawl;
using namespace pawl::server;
using pawl::server::testing::api_fixture;
using pawl::testing::contains;

namespace {

json old_flow() {
  return {{"name", "order"},
          {"nodes",
           {{{"id", "start"}, {"type", "start"}},
            {{"id", "wait"}, {"type", "signal"}, {"data", {{"name", "go"}}}},
            {{"id", "work"}, {"type", "python"}, {"data", {{"codeRef", "t.log"}}}}}},
          {"edges",
           {{{"source", "start"}, {"target", "wait"}}, {{"source", "wait"}, {"target", "work"}}}}};
}

}  // namespace

TEST_CASE("the previous engine's routes are disabled by default", "[old_api]") {
  api_fixture f;
  CHECK(f.get("/api/flows").status == 404);
}

TEST_CASE("an old client starts, controls and watches a thread", "[old_api]") {
  api_fixture f{api_fixture::quiet(), true};
  CHECK(
      f.post("/api/flows", {{"name", "order"}, {"dsl_json", old_flow()}}).body["flow_version_id"] ==
      "order@1.0.0");
  CHECK(f.get("/api/flows").body["flows"][0]["name"] == "order");
  const auto started =
      f.post("/api/thread/t-1/start", {{"flow_version_id", "order@1.0.0"}, {"inputs", {{"n", 1}}}});
  CHECK(started.body["thread_id"] == "t-1");
  CHECK(f.call("POST", "/api/thread/t-1/pause").body["status"] == "paused");
  const auto status = f.get("/api/thread/t-1/status").body;
  CHECK(status["status"] == "paused");
  CHECK(status["state"]["n"] == 1);
  CHECK(status["flow_version_id"] == "order@1.0.0");
  const auto socket = f.begin("GET", "/api/runs/t-1/events", "", {}, true)->stream();
  CHECK(contains(socket->wait_for("run_paused"), R"("thread_id":"t-1")"));
  CHECK(f.call("POST", "/api/thread/t-1/resume").body["status"] == "running");
  REQUIRE(f.engine.signal(run_id{"t-1"}, "go"));
  static_cast<void>(socket->wait_for_end());
  CHECK(f.get("/api/thread/t-1/status").body["status"] == "completed");
  CHECK(f.get("/api/thread/t-1/logs").body["logs"][0]["message"] == "at work");
}

TEST_CASE("an old client stops a thread", "[old_api]") {
  api_fixture f{api_fixture::quiet(), true};
  REQUIRE(f.post("/api/flows", old_flow()).status == 200);
  REQUIRE(f.post("/api/thread/t-2/start", {{"flow_name", "order"}}).status == 200);
  CHECK(f.call("POST", "/api/thread/t-2/stop").body["status"] == "cancelled");
  CHECK(f.post("/api/thread/t-3/start").status == 400);
  CHECK(f.get("/api/thread/none/status").status == 404);
}
