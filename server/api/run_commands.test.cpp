#include "server/testing/api_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using namespace pawl;
using namespace pawl::server;
using pawl::server::testing::api_fixture;
using pawl::testing::contains;

namespace {

/// A run "r" that waits for the signal "go".
struct waiting_run : api_fixture {
  waiting_run() {
    put("f", {signal("s", "go")});
    if (post("/v1/runs", {{"flow", "f"}, {"id", "r"}}).status != 201)
      throw std::runtime_error("the run was not started");
  }
};

}  // namespace

TEST_CASE("a run is paused, its data set, and resumed", "[api][commands]") {
  waiting_run f;
  const auto paused = f.post("/v1/runs/r/pause", {{"reason", "lunch"}});
  CHECK(paused.body["run"]["status"] == "paused");
  CHECK(paused.body["before"] == "running");
  CHECK(paused.body["pausing"] == false);
  CHECK(f.post("/v1/runs/r/update", {{"update", {{"n", 5}}}}).status == 200);
  CHECK(f.get("/v1/runs/r/state").body["n"] == 5);
  CHECK(f.post("/v1/runs/r/resume", {{"update", {{"n", 6}}}}).body["run"]["status"] == "running");
  CHECK(f.get("/v1/runs/r/state").body["n"] == 6);
  CHECK(contains(f.get("/v1/runs/r/history").text, "lunch"));
}

TEST_CASE("set-data is the new name of update", "[api][commands]") {
  waiting_run f;
  REQUIRE(f.post("/v1/runs/r/pause").status == 200);
  for (const auto* path : {"/v1/runs/r/set-data", "/v1/runs/r/update"}) {
    INFO(path);
    CHECK(f.post(path, {{"update", {{"by", path}}}, {"if_status", "paused"}}).status == 200);
    CHECK(f.get("/v1/runs/r/state").body["by"] == path);
    CHECK(f.post(path).status == 400);
  }
}

TEST_CASE("replay is another name of restart", "[api][commands]") {
  api_fixture f;
  f.put("f", {f.task("a", "core.echo")});
  REQUIRE(f.post("/v1/runs?wait=10s", {{"flow", "f"}, {"id", "r"}}).status == 200);
  const http::fields key{{"Idempotency-Key", "k"}};
  const auto first = f.post("/v1/runs/r/replay", json::object(), key);
  CHECK(first.status == 201);
  const auto again = f.post("/v1/runs/r/restart", json::object(), key);
  CHECK(again.status == 200);
  CHECK(again.body["id"] == first.body["id"]);
}

TEST_CASE("if_status is the new name of only_if", "[api][commands]") {
  waiting_run f;
  for (const auto* name : {"if_status", "only_if"}) {
    INFO(name);
    CHECK(f.post("/v1/runs/r/cancel", {{name, "paused"}}).status == 409);
    CHECK(f.post("/v1/runs/r/pause", {{name, "running"}}).status == 200);
    CHECK(f.post("/v1/batch/cancel", {{"runs", {"r"}}, {name, "running"}})
              .body["results"][0]["problem"]["code"] == "conflict");
    CHECK(f.post("/v1/runs/r/resume", {{name, "paused"}}).status == 200);
  }
  const auto both = f.post("/v1/runs/r/pause", {{"if_status", "running"}, {"only_if", "running"}});
  CHECK(both.status == 400);
  CHECK(both.body["diagnostics"][0]["pointer"] == "/only_if");
  CHECK(f.get("/v1/runs/r").body["status"] == "running");
}

TEST_CASE("if_checkpoint makes a command conditional on the run's checkpoint", "[api][commands]") {
  waiting_run f;
  const auto checkpoint = f.get("/v1/runs/r").body["checkpoint"].get<std::uint64_t>();
  CHECK(f.post("/v1/runs/r/pause", {{"if_checkpoint", checkpoint + 1}}).status == 412);
  CHECK(f.post("/v1/runs/r/pause", {{"if_checkpoint", 0}}).status == 400);
  const http::fields other{{"If-Match", "\"" + std::to_string(checkpoint + 1) + "\""}};
  CHECK(f.post("/v1/runs/r/pause", {{"if_checkpoint", checkpoint}}, other).status == 400);
  CHECK(f.post("/v1/runs/r/pause", {{"if_checkpoint", checkpoint}}).status == 200);
  CHECK(f.post("/v1/batch/signal",
               {{"items", {{{"run", "r"}, {"type", "go"}, {"if_checkpoint", checkpoint}}}}})
            .body["results"][0]["problem"]["code"] == "precondition_failed");
  // The runs of other batches have different checkpoints.
  CHECK(f.post("/v1/batch/cancel", {{"runs", {"r"}}, {"if_checkpoint", checkpoint}}).status == 400);
}

TEST_CASE("a command needs no body and refuses unknown fields", "[api][commands]") {
  waiting_run f;
  CHECK(f.call("POST", "/v1/runs/r/pause").status == 200);
  CHECK(f.post("/v1/runs/r/resume", {{"updat", 1}}).status == 400);
  CHECK(f.post("/v1/runs/r/answer").status == 400);
  CHECK(f.post("/v1/runs/r/update").status == 400);
}

TEST_CASE("a command that the status does not allow is a conflict", "[api][commands]") {
  waiting_run f;
  CHECK(f.post("/v1/runs/r/retry").body["code"] == "illegal_transition");
  const auto lost = f.post("/v1/runs/r/cancel", {{"only_if", "paused"}});
  CHECK(lost.status == 409);
  CHECK(lost.body["code"] == "conflict");
  CHECK(f.post("/v1/runs/r/cancel", {{"only_if", "gone"}}).status == 400);
  CHECK(f.post("/v1/runs/none/cancel").status == 404);
}

TEST_CASE("a signal with an id is delivered once", "[api][commands]") {
  waiting_run f;
  REQUIRE(f.post("/v1/runs/r/pause").status == 200);
  const http::fields key{{"Idempotency-Key", "once"}};
  for (int i = 0; i < 3; ++i) {
    const auto sent = f.post("/v1/runs/r/signal", {{"type", "other"}}, key);
    CHECK(sent.status == 200);
    CHECK(sent.body["changed"] == (i == 0));
  }
  const std::string history = f.get("/v1/runs/r/history").text;
  const auto first = history.find("signal_received");
  CHECK(first != history.npos);
  CHECK(history.find("signal_received", first + 1) == history.npos);
  CHECK(f.post("/v1/runs/r/signal", {{"payload", 1}}).status == 400);
}

TEST_CASE("a signal that is repeated after the end of its run succeeds", "[api][commands]") {
  waiting_run f;
  const json by_id{{"type", "go"}, {"id", "s-1"}};
  REQUIRE(f.post("/v1/runs/r/signal", by_id).status == 200);
  const auto ended = f.get("/v1/runs/r?wait=10s");
  REQUIRE(ended.body["status"] == "completed");
  const auto again = f.post("/v1/runs/r/signal", by_id);
  CHECK(again.status == 200);
  CHECK(f.post("/v1/runs/r/signal", {{"type", "go"}}, {{"Idempotency-Key", "s-1"}}).status == 200);
  CHECK(f.get("/v1/runs/r").body["checkpoint"] == ended.body["checkpoint"]);
  CHECK(f.post("/v1/runs/r/signal", {{"type", "go"}, {"id", "s-2"}}).status == 409);
}

TEST_CASE("an Idempotency-Key belongs to one id of a signal", "[api][commands]") {
  waiting_run f;
  const http::fields key{{"Idempotency-Key", "h"}};
  CHECK(f.post("/v1/runs/r/signal", {{"type", "other"}, {"id", "a"}}, key).status == 200);
  CHECK(f.post("/v1/runs/r/signal", {{"type", "other"}, {"id", "a"}}, key).status == 200);
  const auto refused = f.post("/v1/runs/r/signal", {{"type", "other"}, {"id", "b"}}, key);
  CHECK(refused.status == 422);
  CHECK(refused.body["code"] == "idempotency_mismatch");
}

TEST_CASE("an Idempotency-Key belongs to one id or key of a restart", "[api][commands]") {
  api_fixture f;
  f.put("f", {f.task("a", "core.echo")});
  REQUIRE(f.post("/v1/runs?wait=10s", {{"flow", "f"}, {"id", "r"}}).status == 200);
  const http::fields key{{"Idempotency-Key", "h"}};
  CHECK(f.post("/v1/runs/r/restart", {{"id", "a"}}, key).status == 201);
  CHECK(f.post("/v1/runs/r/restart", {{"id", "a"}}, key).status == 200);
  CHECK(f.post("/v1/runs/r/restart", {{"id", "b"}}, key).status == 422);
}

TEST_CASE("a question is answered", "[api][commands]") {
  api_fixture f;
  f.put("f", {{{"id", "ask"}, {"type", "interrupt"}, {"data", {{"question", "how many?"}}}}});
  REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "r"}}).status == 201);
  const auto waits = f.get("/v1/runs/r").body["waiting_on"];
  REQUIRE(waits.size() == 1);
  CHECK(waits[0]["kind"] == "answer");
  const auto answered =
      f.post("/v1/runs/r/answer", {{"answer", {{"n", 3}}}, {"question", waits[0]["name"]}});
  CHECK(answered.status == 200);
  CHECK(f.get("/v1/runs/r?wait=10s").body["status"] == "completed");
}

TEST_CASE("a failed run is retried and a finished one restarted", "[api][commands]") {
  api_fixture f;
  f.put("f", {f.task("a", "t.fail")});
  const auto failed = f.post("/v1/runs?wait=10s", {{"flow", "f"}, {"id", "r"}});
  CHECK(failed.body["error"]["type"] == "card_declined");
  CHECK(failed.body["error"]["node"] == "a");
  CHECK(f.post("/v1/runs/r/retry").body["before"] == "failed");
  CHECK(f.get("/v1/runs/r?wait=10s").body["status"] == "failed");

  const http::fields key{{"Idempotency-Key", "k"}};
  const auto first = f.post("/v1/runs/r/restart", json::object(), key);
  CHECK(first.status == 201);
  const auto again = f.post("/v1/runs/r/restart", json::object(), key);
  CHECK(again.status == 200);
  CHECK(again.body["id"] == first.body["id"]);
  CHECK(f.get("/v1/runs/" + first.body["id"].get<std::string>()).body["restarted_from"] == "r");
  CHECK(f.post("/v1/runs/r/restart", {{"id", "mine"}}).body["id"] == "mine");
}

TEST_CASE("If-Match makes a command conditional on the run's checkpoint", "[api][commands]") {
  waiting_run f;
  const std::string tag = f.get("/v1/runs/r").field("ETag");
  CHECK(f.post("/v1/runs/r/pause", json::object(), {{"If-Match", tag}}).status == 200);
  const auto late = f.post("/v1/runs/r/resume", json::object(), {{"If-Match", tag}});
  CHECK(late.status == 412);
  CHECK(late.body["code"] == "precondition_failed");
  CHECK(f.post("/v1/runs/r/resume", json::object(), {{"If-Match", "W/\"1\""}}).status == 412);
  CHECK(f.get("/v1/runs/r").body["status"] == "paused");
  CHECK(f.post("/v1/runs/r/resume", json::object(), {{"If-Match", "*"}}).status == 200);
}

TEST_CASE("a batch answers each item independently, in order", "[api][batch]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  const auto started = f.post("/v1/batch/start", {{"items",
                                                   {{{"flow", "f"}, {"id", "a"}},
                                                    {{"flow", "none"}, {"id", "b"}},
                                                    {{"flow", "f"}, {"id", "c"}}}}});
  REQUIRE(started.status == 200);
  const json& results = started.body["results"];
  REQUIRE(results.size() == 3);
  CHECK(results[0]["run"]["created"] == true);
  CHECK(results[1]["ok"] == false);
  CHECK(results[1]["problem"]["code"] == "not_found");
  CHECK(results[2]["id"] == "c");
  const auto paused = f.post("/v1/batch/pause", {{"runs", {"a", "none", "c"}}, {"reason", "night"}})
                          .body["results"];
  CHECK(paused[0]["run"]["status"] == "paused");
  CHECK(paused[1]["problem"]["code"] == "not_found");
  CHECK(f.post("/v1/batch/resume", {{"runs", {"a", "c"}}, {"update", {{"n", 1}}}})
            .body["results"][1]["ok"] == true);
  const auto signalled = f.post(
      "/v1/batch/signal",
      {{"items", {{{"run", "a"}, {"type", "go"}}, {{"run", "c"}, {"type", "go"}, {"id", "1"}}}}});
  CHECK(signalled.body["results"][0]["ok"] == true);
  CHECK(f.get("/v1/runs/a?wait=10s").body["status"] == "completed");
  CHECK(f.post("/v1/batch/retry", {{"runs", {"a"}}}).body["results"][0]["problem"]["code"] ==
        "illegal_transition");
}

TEST_CASE("a batch with invalid items has no effect", "[api][batch]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  const auto refused =
      f.post("/v1/batch/start", {{"items", {{{"flow", "f"}, {"id", "a"}}, {{"flwo", "f"}}, 7}}});
  CHECK(refused.status == 400);
  CHECK(refused.body["diagnostics"].size() == 3);
  CHECK(refused.body["faults"] == refused.body["diagnostics"]);
  CHECK(refused.body["faults"][0]["pointer"] == "/items/1/flow");
  CHECK(f.get("/v1/runs/a").status == 404);
  CHECK(f.post("/v1/batch/cancel", {{"runs", json::array()}}).status == 400);
  CHECK(f.post("/v1/batch/cancel", {{"runs", {1}}}).status == 400);
  CHECK(f.post("/v1/batch/cancel", {{"runs", std::vector<std::string>(1001, "x")}}).status == 400);
}

TEST_CASE("remembered answers go with a deleted run", "[api][idempotency]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  for (const auto* const id : {"r", "other"})
    REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", id}}).status == 201);
  const http::fields key{{"Idempotency-Key", "k"}};
  const auto cancel = [&](const std::string& id) {
    return f.call("POST", "/v1/runs/" + id + "/cancel", "{}", key);
  };
  const json both = {{"runs", {"r", "other"}}};
  const auto batch = [&] { return f.call("POST", "/v1/batch/cancel", both.dump(), key); };
  REQUIRE(cancel("r").status == 200);
  REQUIRE(cancel("other").status == 200);
  REQUIRE(batch().status == 200);
  CHECK(cancel("r").field("Idempotency-Replayed") == "true");
  CHECK(batch().field("Idempotency-Replayed") == "true");
  REQUIRE(f.call("DELETE", "/v1/runs/r").status == 200);
  CHECK(cancel("r").status == 404);
  CHECK(batch().field("Idempotency-Replayed").empty());
  CHECK(cancel("other").field("Idempotency-Replayed") == "true");
}
