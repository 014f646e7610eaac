#include <string>
#include <utility>

#include "server/testing/queued_task.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::server;
using pawl::server::testing::api_fixture;
using pawl::server::testing::queued_task;

namespace {

json outcome_of(const json& task, const std::string& kind, json value) {
  return {{"task", task["task"]}, {"lease", task["lease"]}, {kind, std::move(value)}};
}

json poll_with(json outcomes, json more = json::object()) {
  json body{{"worker", "w1"}, {"functions", {"w.charge"}}, {"outcomes", std::move(outcomes)}};
  body.update(more);
  return body;
}

}  // namespace

TEST_CASE("a worker reports its outcomes and polls in one request", "[api][tasks]") {
  queued_task f;
  for (const auto* id : {"s", "t"})
    REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", id}}).status == 201);
  f.queue_with(3);
  const json tasks = f.poll({{"max", 10}})["tasks"];
  REQUIRE(tasks.size() == 3);
  REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "next"}}).status == 201);
  f.queue_with(1);
  const json outcomes{outcome_of(tasks[0], "result", {{"n", 7}}),
                      outcome_of(tasks[1], "failure",
                                 {{"type", "declined"}, {"message", "no"}, {"retryable", false}}),
                      outcome_of(tasks[2], "question", {{"value", "ok?"}}),
                      {{"task", tasks[0]["task"]}, {"lease", "1"}, {"result", 1}}};
  const auto answer = f.post("/v1/tasks/poll", poll_with(outcomes, {{"wait_ms", 10'000}}));
  REQUIRE(answer.status == 200);
  const json& results = answer.body["outcomes"];
  REQUIRE(results.size() == 4);
  for (int i = 0; i < 3; ++i) CHECK(results[i] == json{{"id", tasks[i]["task"]}, {"ok", true}});
  CHECK(results[3]["ok"] == false);
  CHECK(results[3]["problem"]["code"] == "lease_lost");
  const auto run_of = [&](const json& task) {
    return f.get("/v1/runs/" + task["run"].get<std::string>()).body;
  };
  CHECK(run_of(tasks[0])["data"]["n"] == 7);
  CHECK(run_of(tasks[1])["error"]["type"] == "declined");
  CHECK(run_of(tasks[2])["waiting_on"][0]["question"] == "ok?");
  // The refused outcome may have ended the poll before it had the task.
  json next = answer.body["tasks"];
  if (next.empty()) next = f.poll()["tasks"];
  REQUIRE(next.size() == 1);
  CHECK(next[0]["run"] == "next");
}

TEST_CASE("the next step of a run comes with the answer to its last", "[api][tasks]") {
  api_fixture f;
  json first = f.task("a", "w.charge"), second = f.task("b", "w.charge");
  first["data"]["queue"] = second["data"]["queue"] = "default";
  f.put("f", {first, second});
  REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "r"}}).status == 201);
  const json wanted{{"worker", "w1"}, {"functions", {"w.charge"}}, {"wait_ms", 10'000}};
  const json task = f.post("/v1/tasks/poll", wanted).body["tasks"].at(0);
  const auto answer =
      f.post("/v1/tasks/poll", poll_with(json::array({outcome_of(task, "result", {{"n", 1}})})));
  const json& next = answer.body["tasks"].at(0);
  CHECK(next["node"] == "b");
  CHECK(next["state"]["n"] == 1);
  const auto last =
      f.post("/v1/tasks/poll", poll_with(json::array({outcome_of(next, "result", 2)})));
  CHECK(last.body["tasks"].empty());
  CHECK(f.get("/v1/runs/r").body["status"] == "completed");
}

TEST_CASE("a poll that is sent again records its outcomes once", "[api][tasks]") {
  queued_task f;
  const json task = f.poll()["tasks"].at(0);
  const json body = poll_with(json::array({outcome_of(task, "result", {{"n", 7}})}));
  const auto first = f.post("/v1/tasks/poll", body);
  CHECK(first.body["outcomes"][0]["ok"] == true);
  CHECK(f.post("/v1/tasks/poll", body).text == first.text);
  // Alone and in a batch, too; another outcome is refused.
  CHECK(f.report(task, "complete", {{"result", {{"n", 7}}}}).status == 200);
  const json other = poll_with(json::array({outcome_of(task, "result", {{"n", 8}})}));
  CHECK(f.post("/v1/tasks/poll", other).body["outcomes"][0]["problem"]["code"] == "lease_lost");
}

TEST_CASE("the outcomes of a worker that disconnects are recorded, and it gets no task",
          "[api][tasks]") {
  queued_task f;
  const json task = f.poll()["tasks"].at(0);
  const json body =
      poll_with(json::array({outcome_of(task, "result", {{"n", 7}})}), {{"wait_ms", 60'000}});
  const auto poll = f.begin("POST", "/v1/tasks/poll", body.dump());
  CHECK(f.get("/v1/runs/r?wait=20s").body["data"]["n"] == 7);
  CHECK(poll->answers() == 0);
  poll->disconnect();
  CHECK(json::parse(poll->wait().body)["tasks"].empty());
  REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "next"}}).status == 201);
  CHECK(f.poll({{"worker", "w2"}})["tasks"].at(0)["run"] == "next");
}

TEST_CASE("a poll with outcomes is answered with them when the server stops", "[api][tasks]") {
  queued_task f;
  const json task = f.poll()["tasks"].at(0);
  const json body = poll_with(json::array({outcome_of(task, "result", 1)}), {{"wait_ms", 60'000}});
  const auto waiting = f.begin("POST", "/v1/tasks/poll", body.dump());
  f.waits->end_all();
  const json answer = json::parse(waiting->wait().body);
  CHECK(answer["outcomes"][0]["ok"] == true);
  CHECK(answer["tasks"].empty());
}

TEST_CASE("invalid outcomes refuse the whole poll", "[api][tasks]") {
  queued_task f;
  const json task = f.poll()["tasks"].at(0);
  json both = outcome_of(task, "result", 1);
  both["failure"] = {{"type", "t"}, {"message", "m"}};
  json none = outcome_of(task, "result", 1);
  none.erase("result");
  const json good = outcome_of(task, "result", {{"n", 7}});
  for (const json& wrong :
       {both, none, outcome_of(task, "failure", {{"type", "t"}}), outcome_of(task, "question", 1),
        outcome_of(task, "failure", {{"type", "t"}, {"message", "m"}, {"x", 1}})}) {
    const auto refused = f.post("/v1/tasks/poll", poll_with(json::array({good, wrong})));
    CHECK(refused.status == 400);
    CHECK(refused.body["diagnostics"].size() == 1);
    CHECK(refused.body["diagnostics"][0]["pointer"].get<std::string>().starts_with("/outcomes/1"));
  }
  CHECK(f.post("/v1/tasks/poll", poll_with(json::array())).status == 400);
  CHECK(f.post("/v1/tasks/poll", poll_with(json::array({good}), {{"max", 0}})).status == 400);
  CHECK(f.report(task, "complete", {{"result", {{"n", 1}}}}).status ==
        200);  // nothing was recorded
}
