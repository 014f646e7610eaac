#include "server/api/dispatcher.hpp"

#include "server/testing/api_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using namespace pawl;
using namespace pawl::server;
using pawl::server::testing::api_fixture;
using pawl::testing::contains;

TEST_CASE("an unknown path is answered with a problem that has the request's id", "[dispatcher]") {
  api_fixture f;
  const auto answer = f.get("/v1/nothing");
  CHECK(answer.status == 404);
  CHECK(answer.field("Content-Type") == "application/problem+json");
  CHECK(answer.body["code"] == "not_found");
  CHECK(answer.body["detail"] == "no such endpoint: /v1/nothing. See /docs");
  CHECK(answer.body["request_id"] == "test-1");
}

TEST_CASE("a wrong method is refused with the allowed methods", "[dispatcher]") {
  api_fixture f;
  const auto answer = f.call("DELETE", "/v1/runs");
  CHECK(answer.status == 405);
  CHECK(answer.field("Allow") == "POST, GET, HEAD");
}

TEST_CASE("unknown parameters are refused by name", "[dispatcher]") {
  api_fixture f;
  const auto answer = f.get("/v1/runs?limt=5");
  CHECK(answer.status == 400);
  CHECK(contains(answer.body["detail"], "did you mean \"limit\""));
  CHECK(answer.body["faults"][0]["pointer"] == "?\"limt\"");
}

TEST_CASE("a body must be declared as JSON", "[dispatcher]") {
  api_fixture f;
  CHECK(f.call("POST", "/v1/runs", "{}", {{"Content-Type", "text/plain"}}).status == 415);
  CHECK(f.call("POST", "/v1/runs", "{", {{"Content-Type", "application/json"}}).body["code"] ==
        "malformed_json");
  CHECK(f.call("POST", "/v1/runs", "[]").body["code"] == "invalid_argument");
  CHECK(f.call("POST", "/v1/runs", "").body["code"] == "malformed_json");
}

TEST_CASE("a body with a duplicate key or an inexact number is refused with its place",
          "[dispatcher]") {
  api_fixture f;
  const auto twice = f.call("POST", "/v1/runs", R"({"flow": "f", "id": "a", "id": "b"})");
  CHECK(twice.status == 400);
  CHECK(twice.body["code"] == "malformed_json");
  CHECK(twice.body["detail"] ==
        "the body has the key \"id\" twice, at line 1, column 15 and line 1, column 26");
  const auto inexact =
      f.call("POST", "/v1/runs", R"({"flow": "f", "input": {"n": 123456789012345678901}})");
  CHECK(inexact.status == 400);
  CHECK(contains(inexact.body["detail"], "cannot be kept exactly at line 1, column 30 (/input/n)"));
}

TEST_CASE("a caller cannot choose the id of a derived run", "[dispatcher]") {
  api_fixture f;
  for (const char* const id : {"key:order-17", "sub-00112233445566778899aabbccddeeff", ".."}) {
    CAPTURE(id);
    const auto answer = f.post("/v1/runs", {{"flow", "f"}, {"id", id}});
    CHECK(answer.status == 400);
    CHECK(answer.body["code"] == "invalid_argument");
  }
}

TEST_CASE("a body that is nested too deeply is refused", "[dispatcher]") {
  api_fixture f;
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  const auto answer = f.call("POST", "/v1/runs", R"({"input":)" + deep + "}");
  CHECK(answer.status == 422);
  CHECK(answer.body["code"] == "limit_exceeded");
}

TEST_CASE("the maximum nesting depth is a setting", "[dispatcher]") {
  auto s = api_fixture::quiet();
  s.server.max_json_depth = 8;
  api_fixture f{s};
  const auto nested = [&](std::size_t depth) {
    return f.call("POST", "/v1/validate", std::string(depth, '[') + std::string(depth, ']'));
  };
  CHECK(nested(8).status == 200);
  CHECK(nested(9).status == 422);
  CHECK(contains(nested(9).body["detail"], "server.max_json_depth"));
}

TEST_CASE("a GET does not accept a body", "[dispatcher]") {
  api_fixture f;
  CHECK(f.call("GET", "/v1/runs", "{}").status == 400);
}

TEST_CASE("Accept is enforced", "[dispatcher]") {
  api_fixture f;
  CHECK(f.call("GET", "/v1/runs", "", {{"Accept", "text/html"}}).status == 406);
  CHECK(f.call("GET", "/v1/runs", "", {{"Accept", "application/json"}}).status == 200);
}

TEST_CASE("scopes are isolated", "[dispatcher]") {
  api_fixture f;
  f.put("f", {f.task("a", "core.echo")});
  REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "r"}}).status == 201);
  CHECK(f.get("/v1/runs/r").status == 200);
  CHECK(f.call("GET", "/v1/runs/r", "", {{"Pawl-Scope", "other"}}).status == 404);
  CHECK(f.call("GET", "/v1/runs/r/logs", "", {{"Pawl-Scope", "other"}}).status == 404);
  CHECK(f.call("GET", "/v1/runs/r/events", "", {{"Pawl-Scope", "other"}}).status == 404);
  CHECK(f.call("GET", "/v1/flows/f", "", {{"Pawl-Scope", "other"}}).status == 404);
  CHECK(f.call("GET", "/v1/runs", "", {{"Pawl-Scope", "a b"}}).status == 400);
}

TEST_CASE("without keys only local requests are accepted, and no foreign pages",
          "[dispatcher][security]") {
  api_fixture f;
  const auto ask = [&](bool loopback, const char* host, const char* origin) {
    http::request request;
    request.method = "GET";
    request.path = "/v1/runs";
    request.peer = "127.0.0.1";
    request.loopback = loopback;
    request.fields.add("Host", host);
    if (*origin != '\0') request.fields.add("Origin", origin);
    const auto exchange = std::make_shared<server::testing::recorded_exchange>();
    f.api->handle(request, exchange);
    return exchange->wait().status;
  };
  CHECK(ask(true, "localhost:7717", "") == 200);
  CHECK(ask(true, "[::1]:7717", "") == 200);
  CHECK(ask(true, "127.0.0.1", "http://127.0.0.1") == 200);
  CHECK(ask(false, "127.0.0.1", "") == 403);
  CHECK(ask(true, "evil.example", "") == 403);
  CHECK(ask(true, "127.0.0.1.evil.example", "") == 403);
  CHECK(ask(true, "localhost:7717", "http://evil.example") == 403);
  CHECK(ask(true, "localhost:7717", "null") == 403);
}

TEST_CASE("a repeated POST gets the same answer and has no effect", "[dispatcher][idempotency]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "r"}}).status == 201);
  const http::fields key{{"Idempotency-Key", "k1"}};
  const auto first = f.post("/v1/runs/r/pause", json::object(), key);
  CHECK(first.body["before"] == "running");
  const auto again = f.post("/v1/runs/r/pause", json::object(), key);
  CHECK(again.status == 200);
  CHECK(again.text == first.text);
  CHECK(again.field("Idempotency-Replayed") == "true");
  const auto other = f.post("/v1/runs/r/pause", {{"reason", "x"}}, key);
  CHECK(other.status == 422);
  CHECK(other.body["code"] == "idempotency_mismatch");
  // A key is specific to its path and scope.
  CHECK(f.post("/v1/runs/r/resume", json::object(), key).status == 200);
  http::fields foreign = key;
  foreign.add("Pawl-Scope", "other");
  CHECK(f.post("/v1/runs/r/pause", json::object(), foreign).status == 404);
}

TEST_CASE("commands are audited with caller and outcome", "[dispatcher][audit]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "r"}}).status == 201);
  static_cast<void>(f.get("/v1/runs/r"));
  static_cast<void>(f.post("/v1/runs/r/pause"));
  static_cast<void>(f.post("/v1/runs/none/cancel"));
  static_cast<void>(f.post("/v1/batch/cancel", {{"runs", {"r", "none"}}}));
  static_cast<void>(f.post("/v1/runs", {{"flow", "unknown"}}));
  std::vector<std::string> noted;
  for (const auto& each : f.audit->entries())
    noted.push_back(each.what + " " + each.target + " " + each.outcome);
  REQUIRE(noted.size() == 6);
  CHECK(noted.back() == "runs.start flow unknown not_found");
  noted.pop_back();
  CHECK(noted[0] == "runs.start r ok");
  CHECK(noted[1] == "runs.pause r ok");
  CHECK(noted[2] == "runs.cancel none not_found");
  std::sort(noted.begin() + 3, noted.end());
  CHECK(noted[3] == "batch.cancel none not_found");
  CHECK(noted[4] == "batch.cancel r ok");
  CHECK(f.audit->entries()[0].request_id == "test-1");
}
