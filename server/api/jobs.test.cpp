#include "server/testing/api_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::server;
using pawl::server::testing::api_fixture;

TEST_CASE("a job is started, awaited, listed and deleted", "[api][jobs]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  for (const char* const id : {"a", "b", "c"})
    REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", id}}).status == 201);
  const json wanted{{"command", "cancel"}, {"filter", "flow=f"}, {"id", "j"}, {"reason", "late"}};
  const auto started = f.post("/v1/jobs", wanted);
  REQUIRE(started.status == 201);
  CHECK(started.field("Location") == "/v1/jobs/j");
  CHECK(f.post("/v1/jobs", wanted).body == json{{"id", "j"}, {"created", false}});
  const auto ended = f.get("/v1/jobs/j?wait=30s");
  REQUIRE(ended.status == 200);
  CHECK(ended.body["state"] == "finished");
  CHECK(ended.body["done"] == 3);
  CHECK(ended.body["reason"] == "late");
  CHECK(f.get("/v1/jobs").body["jobs"][0] == ended.body);
  const auto results = f.get("/v1/jobs/j/results?limit=2");
  CHECK(results.body["results"][0] == json{{"run", "a"}, {"outcome", "done"}, {"message", ""}});
  CHECK(results.body["next"] == 2);
  CHECK(f.get("/v1/jobs/j/results?first=2").body["next"] == nullptr);
  CHECK(f.get("/v1/jobs/j/results?outcome=refused").body["results"] == json::array());
  CHECK(f.call("POST", "/v1/jobs/j/abort").status == 409);
  CHECK(f.call("DELETE", "/v1/jobs/j").status == 204);
  CHECK(f.get("/v1/jobs/j").status == 404);
  CHECK(f.get("/metrics").text.find("pawl_job_runs_total{outcome=\"done\"} 3") !=
        std::string::npos);
  CHECK(f.get("/metrics").text.find("pawl_jobs_running 0") != std::string::npos);
  std::vector<std::string> audited;
  for (const auto& entry : f.audit->entries())
    if (entry.what.starts_with("jobs.")) audited.push_back(entry.what + entry.target);
  CHECK(audited ==
        std::vector<std::string>{"jobs.startj", "jobs.startj", "jobs.abortj", "jobs.deletej"});
}

TEST_CASE("a job with a mistake is refused with all that is wrong", "[api][jobs]") {
  api_fixture f;
  const auto refused = f.post("/v1/jobs", {{"command", "cancle"}, {"filer", "x"}});
  CHECK(refused.status == 400);
  CHECK(refused.text.find("did you mean cancel") != std::string::npos);
  CHECK(refused.text.find("/filer") != std::string::npos);
  CHECK(f.post("/v1/jobs", {{"command", "cancel"}, {"filter", "flow=f statsu=failed"}}).status ==
        400);
  CHECK(f.get("/v1/jobs/none/results?outcome=well").status == 400);
  CHECK(f.get("/v1/jobs?limit=0").status == 400);
}
