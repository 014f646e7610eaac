#include <algorithm>
#include <chrono>
#include <utility>

#include <pawl/time.hpp>

#include "server/testing/queued_task.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using namespace pawl;
using namespace pawl::server;
using pawl::server::testing::api_fixture;
using pawl::server::testing::queued_task;
using pawl::testing::contains;

TEST_CASE("a worker polls a task and completes it", "[api][tasks]") {
  queued_task f;
  const json task = f.poll()["tasks"].at(0);
  CHECK(task["run"] == "r");
  CHECK(task["flow"] == "f");
  CHECK(task["code_ref"] == "w.charge");
  CHECK(task["args"]["amount"] == 42);
  CHECK(task["state"]["n"] == 1);
  CHECK(task["interrupted"] == false);
  CHECK_FALSE(task.contains("resume_value"));
  CHECK(f.get("/v1/runs/r").body["waiting_on"][0]["kind"] == "worker");
  CHECK(f.get("/v1/workers").body["workers"][0]["worker"] == "w1");
  CHECK(f.get("/v1/stats").body["tasks"] == json{{"queued", 0}, {"leased", 1}});
  CHECK(f.report(task, "heartbeat", {{"progress", 0.5}}).body["wish"] == "none");
  CHECK(f.report(task, "complete", {{"result", {{"charged", true}}}}).status == 200);
  CHECK(f.get("/v1/runs/r?wait=10s").body["data"]["charged"] == true);
}

TEST_CASE("a task has the trace of the request that started its run", "[api][tasks][trace]") {
  api_fixture f;
  json work = f.task("a", "w.charge");
  work["data"]["queue"] = "default";
  f.put("f", {work});
  const std::string trace = "0af7651916cd43dd8448eb211c80319c";
  const std::string given = "00-" + trace + "-b7ad6b7169203331-01";
  const auto traceparent = [&] {
    const auto polled = f.post(
        "/v1/tasks/poll", {{"worker", "w1"}, {"functions", {"w.charge"}}, {"wait_ms", 10'000}});
    return polled.body["tasks"].at(0)["traceparent"].get<std::string>();
  };
  const auto start = [&](const std::string& path, const json& body, http::fields fields) {
    return f.call("POST", path, body.dump(), std::move(fields)).status;
  };
  REQUIRE(start("/v1/runs", {{"flow", "f"}, {"id", "r"}}, {{"traceparent", given}}) == 201);
  CHECK(traceparent().starts_with("00-" + trace));
  CHECK(f.post("/v1/runs/r/cancel", json::object()).status == 200);
  REQUIRE(start("/v1/runs/r/restart", json::object(), {{"Traceparent", given}}) == 201);
  CHECK(traceparent().starts_with("00-" + trace));
  const json two{{"items", {{{"flow", "f"}}, {{"flow", "f"}}}}};
  REQUIRE(start("/v1/batch/start", two, {{"traceparent", given}}) == 200);
  const auto one = traceparent(), other = traceparent();
  CHECK(one.starts_with("00-" + trace));
  CHECK(other.starts_with("00-" + trace));
  CHECK(one != other);
  // A malformed traceparent is ignored.
  REQUIRE(start("/v1/runs", {{"flow", "f"}}, {{"traceparent", "00-" + trace}}) == 201);
  const auto own = traceparent();
  CHECK(parse_traceparent(own));
  CHECK_FALSE(contains(own, trace));
}

TEST_CASE("a worker completes a batch of independent tasks", "[api][tasks]") {
  queued_task f;
  REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "s"}}).status == 201);
  f.queue_with(2);
  const json tasks = f.poll({{"max", 10}})["tasks"];
  REQUIRE(tasks.size() == 2);
  const auto item = [](const json& task, json result) {
    return json{{"task", task["task"]}, {"lease", task["lease"]}, {"result", std::move(result)}};
  };
  const json late = item(tasks[0], "late"), none{{"task", "t"}, {"lease", "1"}, {"result", 1}};
  const auto done =
      f.post("/v1/batch/complete",
             {{"items", {item(tasks[0], {{"n", 7}}), item(tasks[1], {{"n", 8}}), late, none}}});
  REQUIRE(done.status == 200);
  const json& results = done.body["results"];
  REQUIRE(results.size() == 4);
  CHECK(results[0] == json{{"id", tasks[0]["task"]}, {"ok", true}});
  CHECK(results[1]["ok"] == true);
  CHECK(results[2]["problem"]["code"] == "lease_lost");
  CHECK(results[3]["problem"]["status"] == 400);
  for (const auto& task : tasks) {
    const auto run = f.get("/v1/runs/" + task["run"].get<std::string>() + "?wait=10s");
    CHECK(run.body["data"]["n"] == (task == tasks[0] ? 7 : 8));
  }
  CHECK(f.post("/v1/batch/complete", {{"items", {{{"task", "t"}, {"lease", "1"}}}}}).status == 400);
}

TEST_CASE("an outcome is recorded once, alone or in a batch", "[api][tasks]") {
  queued_task f;
  REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "s"}}).status == 201);
  f.queue_with(2);
  const json tasks = f.poll({{"max", 10}})["tasks"];
  REQUIRE(tasks.size() == 2);
  const auto item = [](const json& task) {
    return json{{"task", task["task"]}, {"lease", task["lease"]}, {"result", {{"n", 7}}}};
  };
  const json batch{{"items", {item(tasks[0]), item(tasks[1])}}};
  REQUIRE(f.report(tasks[0], "complete", {{"result", {{"n", 7}}}}).status == 200);
  const auto first = f.post("/v1/batch/complete", batch);
  for (const auto& each : first.body["results"]) CHECK(each["ok"] == true);
  CHECK(f.post("/v1/batch/complete", batch).text == first.text);
  for (const auto& task : tasks) {
    CHECK(f.report(task, "complete", {{"result", {{"n", 7}}}}).status == 200);
    CHECK(f.report(task, "complete", {{"result", {{"n", 8}}}}).status == 409);
    CHECK(f.report(task, "fail", {{"type", "t"}, {"message", "m"}}).status == 409);
    CHECK(f.report(task, "release", json::object()).status == 409);
  }
}

TEST_CASE("remembered answers to a worker go with the deleted run", "[api][tasks][idempotency]") {
  queued_task f;
  f.queue_with(1);
  const auto post = [&](const std::string& path, const json& body) {
    return f.call("POST", path, body.dump(), {{"Idempotency-Key", "k"}});
  };
  const auto poll = [&] {
    return post("/v1/tasks/poll", {{"worker", "w1"}, {"functions", {"w.charge"}}});
  };
  const auto polled = poll();
  REQUIRE(polled.body["tasks"].size() == 1);
  const json task = polled.body["tasks"][0];
  const auto beat = [&] {
    return post("/v1/tasks/" + task["task"].get<std::string>() + "/heartbeat",
                {{"lease", task["lease"]}});
  };
  const auto complete = [&] {
    return post("/v1/batch/complete",
                {{"items", {{{"task", task["task"]}, {"lease", task["lease"]}, {"result", 1}}}}});
  };
  REQUIRE(beat().status == 200);
  REQUIRE(complete().body["results"][0]["ok"] == true);
  for (const auto& again : {poll(), beat(), complete()})
    CHECK(again.field("Idempotency-Replayed") == "true");
  REQUIRE(f.get("/v1/runs/r?wait=10s").body["status"] == "completed");
  REQUIRE(f.call("DELETE", "/v1/runs/r").status == 200);
  for (const auto& again : {poll(), beat(), complete()})
    CHECK(again.field("Idempotency-Replayed").empty());
}

TEST_CASE("a completed task has no lease", "[api][tasks]") {
  queued_task f;
  const json task = f.poll()["tasks"].at(0);
  REQUIRE(f.report(task, "complete", {{"result", 1}}).status == 200);
  for (const auto* what : {"complete", "heartbeat"}) {
    const auto late = f.report(task, what, *what == 'c' ? json{{"result", 2}} : json::object());
    CHECK(late.status == 409);
    CHECK(late.body["code"] == "lease_lost");
  }
}

TEST_CASE("an outcome that is sent again because its answer was lost has no effect",
          "[api][tasks]") {
  for (const auto& [what, body] :
       {std::pair{"complete", json{{"result", {{"charged", true}}}}},
        std::pair{"fail", json{{"type", "declined"}, {"message", "no"}, {"retryable", false}}},
        std::pair{"interrupt", json{{"value", "ok?"}}}, std::pair{"release", json::object()}}) {
    queued_task f;
    const json task = f.poll()["tasks"].at(0);
    const auto first = f.report(task, what, body);
    REQUIRE(first.status == 200);
    const auto checkpoint = f.get("/v1/runs/r?wait=0.2s").body["checkpoint"];
    const auto again = f.report(task, what, body);
    CHECK(again.status == 200);
    CHECK(again.text == first.text);
    CHECK(again.field("Idempotency-Replayed") == "true");
    CHECK(f.get("/v1/runs/r").body["checkpoint"] == checkpoint);
    // Another outcome is not the same one again.
    CHECK(f.report(task, "complete", {{"result", "other"}}).status == 409);
    CHECK(f.report(task, "complete", {{"result", "other"}}).field("Idempotency-Replayed").empty());
  }
}

TEST_CASE("a worker fails a task or interrupts it with a question", "[api][tasks]") {
  queued_task f;
  const json task = f.poll()["tasks"].at(0);
  CHECK(f.report(task, "interrupt", {{"value", "how much?"}}).status == 200);
  const auto asked = f.get("/v1/runs/r").body["waiting_on"].at(0);
  CHECK(asked["question"] == "how much?");
  REQUIRE(f.post("/v1/runs/r/answer", {{"answer", 7}}).status == 200);
  const json again = f.poll()["tasks"].at(0);
  CHECK(again["interrupted"] == true);
  CHECK(again["resume_value"] == 7);
  CHECK(f.report(again, "fail",
                 {{"type", "card_declined"},
                  {"message", "no"},
                  {"retryable", false},
                  {"details", {{"limit", 5}}}})
            .status == 200);
  CHECK(f.get("/v1/runs/r?wait=10s").body["error"]["type"] == "card_declined");
  const json history = f.get("/v1/runs/r/history").body["events"];
  const auto failed = std::find_if(history.begin(), history.end(),
                                   [](const json& e) { return e["kind"] == "step_failed"; });
  REQUIRE(failed != history.end());
  CHECK(failed->at("detail").value("details", json()) == json{{"limit", 5}});
}

TEST_CASE("a line of a worker has a context, and names something else than its node",
          "[api][tasks]") {
  queued_task f;
  const json task = f.poll()["tasks"].at(0);
  const json line{{"level", "info"}, {"message", "m"}, {"about", "loop"}, {"context", {{"n", 0}}}};
  CHECK(f.report(task, "log", {{"lines", json::array({line})}}).status == 200);
  const json shown = f.get("/v1/runs/r/logs").body["logs"].at(0);
  CHECK(shown["node"] == task["node"]);
  CHECK(shown["about"] == "loop");
  CHECK(shown["context"] == json{{"n", 0}});
  for (const auto* const field : {"about", "context"}) {
    json wrong = line;
    wrong[field] = 1;
    CHECK(f.report(task, "log", {{"lines", json::array({wrong})}}).status == 400);
  }
}

TEST_CASE("a worker's log lines are in the run's log", "[api][tasks]") {
  queued_task f;
  const json task = f.poll()["tasks"].at(0);
  const json old{{"level", "info"}, {"message", "begun"}, {"age_ms", 3'600'000}};
  CHECK(f.report(task, "log", {{"lines", {{{"level", "warning"}, {"message", "slow"}}, old}}})
            .status == 200);
  const json lines = f.get("/v1/runs/r/logs").body["logs"];
  REQUIRE(lines.size() == 2);
  CHECK(lines[0]["message"] == "slow");
  CHECK(lines[0]["node"] == task["node"]);
  CHECK(lines[1]["message"] == "begun");
  const auto written = [&](std::size_t i) {
    return parse_rfc3339(lines[i]["at"].get<std::string>()).value();
  };
  CHECK(written(0) - written(1) >= std::chrono::minutes{59});
  CHECK(f.report(task, "log", {{"lines", {{{"level", "info"}, {"message", "x"}, {"age_ms", -1}}}}})
            .status == 400);
  CHECK(f.report(task, "log", {{"lines", {{{"level", "loud"}, {"message", 1}}}}})
            .body["faults"]
            .size() == 2);
}

TEST_CASE("a poll without tasks waits and is answered when the server stops", "[api][tasks]") {
  api_fixture f;
  const json body{{"worker", "w"}, {"functions", {"none"}}, {"wait_ms", 60'000}};
  const auto waiting = f.begin("POST", "/v1/tasks/poll", body.dump());
  CHECK(waiting->answers() == 0);
  f.waits->end_all();
  CHECK(waiting->wait().body == R"({"tasks":[]})");
  CHECK(f.post("/v1/tasks/poll", {{"worker", "w"}, {"functions", {"none"}}}).body["tasks"].empty());
}

TEST_CASE("an invalid poll is refused with its diagnostics", "[api][tasks]") {
  api_fixture f;
  const auto refused = f.post("/v1/tasks/poll", {{"functions", {1}}, {"max", 101}, {"wait", 1}});
  CHECK(refused.status == 400);
  CHECK(refused.body["faults"].size() == 4);
  CHECK(f.post("/v1/tasks/x~0.1.1/complete", {{"lease", "y"}}).status == 400);
}

TEST_CASE("a poll whose worker disconnected gets no task", "[api][tasks]") {
  queued_task f;
  json first = f.poll()["tasks"].at(0);  // empties the queue
  const json wanted{{"worker", "gone"}, {"functions", {"w.charge"}}, {"wait_ms", 60'000}};
  const auto poll = f.begin("POST", "/v1/tasks/poll", wanted.dump());
  CHECK(poll->answers() == 0);
  poll->disconnect();
  CHECK(json::parse(poll->wait().body)["tasks"].empty());
  REQUIRE(f.report(first, "release").status == 200);
  const auto next = f.poll({{"worker", "w2"}});
  REQUIRE(next["tasks"].size() == 1);
  CHECK(poll->answers() == 1);
}

TEST_CASE("a task whose answer is lost returns to its queue immediately", "[api][tasks]") {
  queued_task f;
  const json wanted{{"worker", "gone"}, {"functions", {"w.charge"}}, {"wait_ms", 60'000}};
  const auto poll = f.begin("POST", "/v1/tasks/poll", wanted.dump());
  const json task = json::parse(poll->wait().body)["tasks"].at(0);
  poll->disconnect();
  const json again = f.poll({{"worker", "w2"}})["tasks"].at(0);
  CHECK(again["task"] == task["task"]);
  CHECK(again["lease"] != task["lease"]);
  CHECK(f.report(task, "complete", {{"result", 1}}).body["code"] == "lease_lost");
}

TEST_CASE("waiting requests are limited per caller", "[api][tasks][limits]") {
  settings s = api_fixture::quiet();
  s.server.max_waits_per_key = 2;
  api_fixture f{s};
  f.put("f", {f.signal("s", "go")});
  REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "r"}}).status == 201);
  const json wanted{{"worker", "w1"}, {"functions", {"w.x"}}, {"wait_ms", 60'000}};
  const auto poll = f.begin("POST", "/v1/tasks/poll", wanted.dump());
  const auto wait = f.begin("GET", "/v1/runs/r?wait=60s");
  for (const auto& refused : {f.post("/v1/tasks/poll", wanted), f.get("/v1/runs/r?wait=60s"),
                              f.post("/v1/runs?wait=1s", {{"flow", "f"}, {"id", "not begun"}})}) {
    CHECK(refused.status == 429);
    CHECK(refused.body["code"] == "too_many_requests");
    CHECK(contains(refused.body["detail"], "server.max_waits_per_key"));
    CHECK(refused.field("Retry-After") == "1");
  }
  // Requests that do not wait are not limited, and the refused start created no run.
  CHECK(f.get("/v1/runs/r").status == 200);
  CHECK(f.get("/v1/runs/r").body["status"] == "running");
  CHECK(f.get("/v1/runs").body["runs"].size() == 1);
  json at_once = wanted;
  at_once["wait_ms"] = 0;
  CHECK(f.post("/v1/tasks/poll", at_once).status == 200);
  // A slot is released by an answer and by a disconnect.
  REQUIRE(f.post("/v1/runs/r/signal", {{"type", "go"}}).status == 200);
  CHECK(wait->wait().status == 200);
  CHECK(f.get("/v1/runs/r?wait=60s").status == 200);
  poll->disconnect();
  CHECK(poll->wait().status == 200);
  const auto again = f.begin("POST", "/v1/tasks/poll", wanted.dump());
  CHECK(again->answers() == 0);
  again->disconnect();
}

TEST_CASE("a queue reports the age of its oldest task", "[api][tasks]") {
  queued_task f;
  const json waiting = f.queue_with(1);
  const auto started = f.get("/v1/runs/r").body["started_at"].get<std::string>();
  CHECK(waiting["oldest_at"].get<std::string>() >= started);
  REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "r2"}}).status == 201);
  CHECK(f.queue_with(2)["oldest_at"] == waiting["oldest_at"]);
  REQUIRE(f.poll({{"max", 2}})["tasks"].size() == 2);
  CHECK(f.queue_with(0)["oldest_at"].is_null());
}
