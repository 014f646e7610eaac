#include <atomic>
#include <future>
#include <thread>

#include "server/testing/api_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using namespace pawl;
using namespace pawl::server;
using pawl::server::testing::api_fixture;
using pawl::testing::contains;

TEST_CASE("a run is started and found again", "[api][runs]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  const json start{{"flow", "f"}, {"id", "r\n1"}, {"input", {{"n", 1}}}};
  CHECK(f.post("/v1/runs", start).status == 400);  // an id must not contain a line end
  json good = start;
  good["id"] = "r-1";
  const auto made = f.post("/v1/runs", good);
  CHECK(made.status == 201);
  CHECK(made.field("Location") == "/v1/runs/r-1");
  CHECK(made.body["created"] == true);
  const auto again = f.post("/v1/runs", good);
  CHECK(again.status == 200);
  CHECK(again.body["created"] == false);
  good["input"] = {{"n", 2}};
  CHECK(f.post("/v1/runs", good).status == 409);
}

TEST_CASE("a start with a wait returns the finished or the unfinished run", "[api][runs]") {
  api_fixture f;
  f.put("quick", {f.task("a", "core.echo")});
  f.put("slow", {f.signal("s", "go")});
  const auto done = f.post("/v1/runs?wait=10s", {{"flow", "quick"}, {"input", {{"n", 1}}}});
  CHECK(done.status == 200);
  CHECK(done.body["status"] == "completed");
  CHECK(done.body["data"]["n"] == 1);
  const auto waits = f.post("/v1/runs?wait=10ms", {{"flow", "slow"}});
  CHECK(waits.status == 202);
  CHECK(waits.body["waiting_on"][0]["name"] == "go");
  CHECK_FALSE(waits.field("ETag").empty());
  CHECK(f.post("/v1/runs?wait=61s", {{"flow", "slow"}}).status == 400);
  CHECK(f.post("/v1/runs?wait=soon", {{"flow", "slow"}}).status == 400);
}

TEST_CASE("a list whose client disconnects while it waits is withdrawn", "[api][runs]") {
  std::promise<void> opened;  // outlives the fixture, whose threads wait for it
  const std::shared_future<void> open = opened.get_future().share();
  std::atomic<int> held{0};
  api_fixture f;
  for (int i = 0; i < 2; ++i)  // all threads that read pages
    f.engine.runs().list_async({}, [&](const pawl::result<run_page>&) {
      ++held;
      open.wait();
    });
  while (held < 2) std::this_thread::yield();
  const auto left = f.begin("GET", "/v1/runs"), stays = f.begin("GET", "/v1/runs");
  CHECK(f.engine.load()->queries_in_flight == 2);
  left->disconnect();
  CHECK(left->wait().status == 500);  // before there is a thread for it
  CHECK(stays->answers() == 0);
  opened.set_value();
  CHECK(stays->wait().status == 200);
}

TEST_CASE("an Idempotency-Key is the key of a start", "[api][runs]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  const http::fields key{{"Idempotency-Key", "order 17"}};
  const auto first = f.post("/v1/runs", {{"flow", "f"}}, key);
  CHECK(first.status == 201);
  const auto again = f.post("/v1/runs", {{"flow", "f"}}, key);
  CHECK(again.status == 200);
  CHECK(again.body["id"] == first.body["id"]);
  const auto other = f.post("/v1/runs", {{"flow", "f"}, {"input", {{"x", 1}}}}, key);
  CHECK(other.status == 422);
  CHECK(other.body["code"] == "idempotency_mismatch");
}

TEST_CASE("an Idempotency-Key belongs to one id or key of a start", "[api][runs]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  const auto start = [&](const std::string& header, json body) {
    body["flow"] = "f";
    const auto got = f.post("/v1/runs", body, {{"Idempotency-Key", header}});
    return got.status == 422 ? got.body["code"].get<std::string>() : std::to_string(got.status);
  };
  CHECK(start("h1", {{"id", "a"}}) == "201");
  CHECK(start("h1", {{"id", "a"}}) == "200");
  CHECK(start("h1", {{"id", "b"}}) == "idempotency_mismatch");
  CHECK(start("h1", {{"key", "a"}}) == "idempotency_mismatch");
  CHECK(start("h1", json::object()) == "idempotency_mismatch");
  CHECK(start("h2", {{"key", "k"}}) == "201");
  CHECK(start("h2", {{"key", "l"}}) == "idempotency_mismatch");
  CHECK(start("h3", json::object()) == "201");
  CHECK(start("h3", {{"id", "c"}}) == "idempotency_mismatch");
  CHECK(f.get("/v1/runs").body["runs"].size() == 3);
}

TEST_CASE("all invalid fields of a start are reported", "[api][runs]") {
  api_fixture f;
  const auto answer = f.post("/v1/runs", {{"flw", "f"}, {"input", 1}, {"id", "a"}, {"key", "b"}});
  CHECK(answer.status == 400);
  std::vector<std::string> places;
  for (const auto& each : answer.body["faults"]) places.push_back(each["pointer"]);
  std::sort(places.begin(), places.end());
  CHECK(places == std::vector<std::string>{"/flow", "/flw", "/input", "/key"});
}

TEST_CASE("runs are listed in pages, newest first", "[api][runs]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  for (int i = 0; i < 5; ++i)
    REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "r" + std::to_string(i)}}).status == 201);
  std::vector<std::string> ids;
  std::string cursor;
  do {
    const auto page = f.get("/v1/runs?status=running&limit=2&cursor=" + cursor);
    REQUIRE(page.status == 200);
    for (const auto& each : page.body["runs"]) ids.push_back(each["id"]);
    cursor = page.body["next"].is_null() ? "" : page.body["next"].get<std::string>();
  } while (!cursor.empty());
  std::sort(ids.begin(), ids.end());
  CHECK(ids == std::vector<std::string>{"r0", "r1", "r2", "r3", "r4"});
  CHECK(f.get("/v1/runs?status=failed").body["runs"].empty());
  CHECK(f.get("/v1/runs?cursor=zz").status == 400);
  CHECK(f.get("/v1/runs?limit=0").status == 400);
}

TEST_CASE("runs are listed by flow", "[api][runs]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  f.put("a flow/of words", {f.signal("s", "go")});
  for (const auto* id : {"r0", "r1", "r2"})
    REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", id}}).status == 201);
  REQUIRE(f.post("/v1/runs", {{"flow", "a flow/of words"}, {"id", "other"}}).status == 201);
  CHECK(f.get("/v1/runs?flow=f").body["runs"].size() == 3);
  const auto other = f.get("/v1/runs?status=running&flow=a%20flow%2Fof+words").body["runs"];
  REQUIRE(other.size() == 1);
  CHECK(other[0]["id"] == "other");
  const auto page = f.get("/v1/runs?flow=f&limit=2").body;
  CHECK(page["runs"].size() == 2);
  const auto rest = f.get("/v1/runs?flow=f&cursor=" + page["next"].get<std::string>()).body;
  CHECK(rest["runs"].size() == 1);
  CHECK(rest["next"].is_null());
  CHECK(f.get("/v1/runs?flow=f&status=failed").body["runs"].empty());
  CHECK(f.get("/v1/runs?flow=none").body["runs"].empty());
}

TEST_CASE("a run's ETag is its checkpoint", "[api][runs]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "r"}}).status == 201);
  const auto run = f.get("/v1/runs/r");
  const std::string tag = run.field("ETag");
  CHECK(tag == "\"" + std::to_string(run.body["checkpoint"].get<int>()) + "\"");
  CHECK(f.call("GET", "/v1/runs/r", "", {{"If-None-Match", tag}}).status == 304);
  CHECK(f.call("GET", "/v1/runs/r/state", "", {{"If-None-Match", tag}}).status == 304);
  REQUIRE(f.post("/v1/runs/r/signal", {{"type", "go"}}).status == 200);
  CHECK(f.call("GET", "/v1/runs/r", "", {{"If-None-Match", tag}}).status == 200);
}

TEST_CASE("a run's state is its data", "[api][runs]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "r"}, {"input", {{"n", 1}}}}).status == 201);
  CHECK(f.get("/v1/runs/r/state").body == json{{"n", 1}});
}

TEST_CASE("a history is paged by checkpoints", "[api][runs]") {
  api_fixture f;
  f.put("f", {f.task("a", "core.echo"), f.task("b", "core.echo"), f.task("c", "core.echo")});
  REQUIRE(f.post("/v1/runs?wait=10s", {{"flow", "f"}, {"id", "r"}}).status == 200);
  const auto whole = f.get("/v1/runs/r/history").body;
  CHECK(whole["next"].is_null());
  CHECK(whole["events"][0]["id"] == "1.0");
  CHECK(whole["events"].back()["kind"] == "run_completed");
  json pieces = json::array();
  for (json first = 1; !first.is_null();) {
    const auto page = f.get("/v1/runs/r/history?limit=1&first=" + first.dump()).body;
    for (const auto& each : page["events"]) pieces.push_back(each);
    first = page["next"];
  }
  CHECK(pieces == whole["events"]);
}

TEST_CASE("a history is read from its end, by kind and by node", "[api][runs]") {
  api_fixture f;
  f.put("f", {f.task("a", "core.echo"), f.task("b", "core.echo"), f.task("c", "core.echo")});
  REQUIRE(f.post("/v1/runs?wait=10s", {{"flow", "f"}, {"id", "r"}}).status == 200);
  const auto whole = f.get("/v1/runs/r/history").body["events"];
  json back = json::array();
  std::string query = "?reverse=true&limit=1";
  for (json next = 1; !next.is_null();) {
    const auto page = f.get("/v1/runs/r/history" + query).body;
    for (const auto& each : page["events"]) back.push_back(each);
    next = page["next"];
    query = "?reverse=true&limit=1&first=" + next.dump();
  }
  CHECK(std::equal(back.begin(), back.end(), whole.rbegin(), whole.rend()));
  const auto part = f.get("/v1/runs/r/history?kind=step_started,step_finished&node=b").body;
  REQUIRE(part["events"].size() == 2);
  CHECK(part["events"][0]["kind"] == "step_started");
  CHECK(part["events"][1]["kind"] == "step_finished");
  CHECK(part["next"].is_null());
  CHECK(f.get("/v1/runs/r/history?kind=step_faild").status == 400);
  CHECK(f.get("/v1/runs/r/history?node=d").status == 400);
}

TEST_CASE("a run's steps are rows with input and output", "[api][runs]") {
  api_fixture f;
  f.put("f", {f.task("a", "core.echo"), f.task("b", "core.echo")});
  REQUIRE(f.post("/v1/runs?wait=10s", {{"flow", "f"}, {"id", "r"}}).status == 200);
  const auto steps = f.get("/v1/runs/r/steps").body["steps"];
  REQUIRE(steps.size() == 2);
  CHECK(steps[0]["node"] == "a");
  CHECK(steps[0]["status"] == "completed");
  CHECK(steps[0]["function"] == "core.echo");
  CHECK(steps[0]["input"] == json::object());
  CHECK(steps[0].contains("output"));
  CHECK(f.get("/v1/runs/r/steps?limit=1&reverse=true").body["steps"][0] == steps[1]);
  CHECK(f.get("/v1/runs/r/steps?limit=0").status == 400);
  CHECK(f.get("/v1/runs/none/steps").status == 404);
}

TEST_CASE("the log lines of a run's steps can be read", "[api][runs]") {
  api_fixture f;
  f.put("f", {f.task("a", "t.log")});
  REQUIRE(f.post("/v1/runs?wait=10s", {{"flow", "f"}, {"id", "r"}}).status == 200);
  const auto logs = f.get("/v1/runs/r/logs").body["logs"];
  REQUIRE(logs.size() == 1);
  CHECK(logs[0]["level"] == "info");
  CHECK(logs[0]["message"] == "at work");
  CHECK(logs[0]["node"] == "a");
  CHECK(f.get("/v1/runs/none/logs").status == 404);
}

TEST_CASE("the server reports statistics", "[api][stats]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  REQUIRE(f.post("/v1/runs", {{"flow", "f"}}).status == 201);
  const auto stats = f.get("/v1/stats").body;
  CHECK(stats["runs"]["running"] == 1);
  CHECK(stats["runs"]["failed"] == 0);
  CHECK(stats["connections"] == 3);
  CHECK(stats["tasks"] == json{{"queued", 0}, {"leased", 0}});
  CHECK(f.get("/v1/config").body["settings"]["run.max_tokens"] == 1000);
  CHECK(f.get("/v1/functions").body["functions"].size() > 5);
}

TEST_CASE("a server reports liveness and readiness", "[api][health]") {
  api_fixture f;
  CHECK(f.get("/healthz").body == json{{"status", "ok"}});
  CHECK(f.get("/readyz").body == json{{"ready", true}});
  CHECK(f.get("/version").body["name"] == "pawl");
  CHECK(f.get("/openapi.json").body["openapi"] == "3.1.0");
  CHECK(contains(f.get("/docs").text, "<h1>"));
  REQUIRE(f.engine.stop());
  CHECK(f.get("/healthz").status == 200);
  const auto stopped = f.get("/readyz");
  CHECK(stopped.status == 503);
  CHECK_FALSE(stopped.field("Retry-After").empty());
  CHECK(f.get("/v1/runs").status == 503);
}

TEST_CASE("a run has the attributes of its start and is found by them", "[api][runs]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  const json given{{"team", "blue"}, {"total", 4}, {"due", {{"time", "2026-01-31T09:30:00.000Z"}}}};
  REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "r1"}, {"attributes", given}}).status == 201);
  CHECK(f.get("/v1/runs/r1").body["attributes"] == given);
  const auto page = f.get("/v1/runs?filter=attr.team%3Dblue%20attr.due%3E2026-01-01");
  REQUIRE(page.body["runs"].size() == 1);
  CHECK(page.body["runs"][0]["attributes"] == given);
  CHECK(page.body["search"]["index"] == "attr.team, attr.due");
  CHECK(f.get("/v1/runs?filter=attr.team%3D7").status == 400);
  const auto refused =
      f.post("/v1/runs", {{"flow", "f"}, {"attributes", {{"team", json::array()}}}});
  CHECK(refused.status == 400);
  CHECK(contains(refused.text, "must be a text, a number, a boolean or a time"));
  CHECK_FALSE(f.get("/v1/runs/r1").body.contains("attribute_problems"));
}

TEST_CASE("runs are found and counted by a filter", "[api][runs]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  f.put("g", {f.task("a", "core.echo")});
  for (const char* const id : {"r1", "r2", "r3"})
    REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", id}}).status == 201);
  REQUIRE(f.post("/v1/runs?wait=10s", {{"flow", "g"}, {"id", "done"}}).status == 200);
  const auto page = f.get("/v1/runs?filter=flow%3Df%20waiting%3Dsignal%3Ago&order=oldest&limit=2");
  REQUIRE(page.status == 200);
  CHECK(page.body["runs"][0]["id"] == "r1");
  CHECK(page.body["runs"][1]["waits"] ==
        json::array({{{"kind", "signal"}, {"name", "go"}, {"node", "s"}}}));
  CHECK(page.body["search"]["index"] == "flow, waiting");
  CHECK_FALSE(page.body.contains("damaged"));
  const std::string cursor = page.body["next"];
  const auto last =
      f.get("/v1/runs?filter=flow%3Df%20waiting%3Dsignal%3Ago&order=oldest&cursor=" + cursor);
  CHECK(last.body["runs"].size() == 1);
  CHECK(last.body["next"].is_null());
  CHECK(f.get("/v1/runs?filter=flow%3Df&order=oldest&cursor=" + cursor).status == 400);
  CHECK(f.get("/v1/runs?order=finished_last").body["runs"].size() == 1);
  CHECK(f.get("/v1/runs?order=random").status == 400);
  const auto refused = f.get("/v1/runs?filter=flow%3Df%20stats%3Dfailed");
  CHECK(refused.status == 400);
  CHECK(contains(refused.body["detail"], "position 8"));
  CHECK(contains(refused.body["detail"], "did you mean \"status\"?"));

  const auto total = f.get("/v1/stats/runs?filter=flow%3Df");
  CHECK(total.status == 200);
  CHECK(total.body["count"] == 3);
  CHECK(total.body["exact"] == true);
  CHECK(f.get("/v1/stats/runs?status=running").body["search"]["index"] == "counters");
  CHECK(f.get("/v1/stats/runs?filter=x").status == 400);
}

TEST_CASE("failed runs are grouped by the type and node of their error", "[api][runs]") {
  api_fixture f;
  f.put("f", {f.task("a", "core.fail")});
  f.put("g", {f.task("b", "core.fail")});
  f.put("h", {f.task("a", "core.echo")});
  for (const auto* run : {"f1", "g1", "f2", "h1"}) {
    const std::string flow(run, 1);
    REQUIRE(f.post("/v1/runs?wait=10s", {{"flow", flow}, {"id", run}}).status == 200);
  }
  const json all = f.get("/v1/stats/errors").body;
  REQUIRE(all["groups"].size() == 2);
  CHECK(all["groups"][0]["node"] == "a");
  CHECK(all["groups"][0]["count"] == 2);
  CHECK(all["groups"][0]["newest"] == "f2");
  CHECK(all["groups"][1]["newest"] == "g1");
  CHECK(all["runs"] == 3);
  CHECK(all["others"] == 0);
  CHECK(all["exact"] == true);
  const json part = f.get("/v1/stats/errors?limit=2&filter=id!%3Dg1").body;
  CHECK(part["groups"].size() == 1);
  CHECK(part["runs"] == 2);
  CHECK(f.get("/v1/stats/errors?limit=1").body["exact"] == false);
  CHECK(f.get("/v1/stats/errors?flow=g").body["groups"][0]["newest"] == "g1");
  CHECK(f.get("/v1/stats/errors?flow=h").body["groups"].empty());
  CHECK(f.get("/v1/stats/errors?filter=x").status == 400);
  CHECK(f.get("/v1/stats/errors?limit=0").status == 400);
  CHECK(f.call("GET", "/v1/stats/errors", "", {{"Pawl-Scope", "other"}}).body["runs"] == 0);
}
