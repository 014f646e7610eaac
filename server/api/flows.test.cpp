#include "server/testing/api_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using namespace pawl;
using namespace pawl::server;
using pawl::server::testing::api_fixture;
using pawl::testing::contains;

namespace {

json echo_flow(const std::string& name, int amount = 1) {
  return {{"name", name},
          {"nodes",
           {{{"id", "a"},
             {"type", "task"},
             {"data", {{"code_ref", "core.echo"}, {"args", {{"amount", amount}}}}}}}},
          {"edges", json::array()}};
}

}  // namespace

TEST_CASE("a flow is stored, recognized as unchanged and stored as the next version",
          "[api][flows]") {
  api_fixture f;
  const auto made = f.post("/v1/flows", echo_flow("a b/c"));
  CHECK(made.status == 201);
  CHECK(made.body["version"] == "1.0.0");
  CHECK(made.field("ETag") == "\"1.0.0\"");
  CHECK(made.field("Location") == "/v1/flows/a%20b%2Fc/versions/1.0.0");
  const auto again = f.post("/v1/flows", echo_flow("a b/c"));
  CHECK(again.status == 200);
  CHECK(again.body["created"] == false);
  CHECK(f.post("/v1/flows", echo_flow("a b/c", 2)).body["version"] == "1.0.1");
  CHECK(f.get("/v1/flows/a%20b%2Fc").body["version"] == "1.0.1");
}

TEST_CASE("an invalid flow is refused with all its diagnostics", "[api][flows]") {
  api_fixture f;
  const auto answer =
      f.post("/v1/flows", {{"name", "x"}, {"nodes", {{{"id", "a"}, {"type", "no"}}}}});
  CHECK(answer.status == 422);
  CHECK(answer.body["code"] == "invalid_flow");
  CHECK_FALSE(answer.body["faults"].empty());
}

TEST_CASE("a flow in the short form is given back as written, beside its long form",
          "[api][flows]") {
  api_fixture f;
  const json written{{"name", "short"},
                     {"nodes",
                      {{{"id", "a"}, {"type", "task"}, {"code_ref", "core.echo"}},
                       {{"id", "b"}, {"type", "task"}, {"code_ref", "core.log"}}}}};
  const auto checked = f.post("/v1/validate", written).body;
  CHECK(f.post("/v1/flows", written).status == 201);
  const auto stored = f.get("/v1/flows/short").body;
  CHECK(stored["written"] == written);
  const json& long_form = stored["definition"];
  CHECK(long_form["edges"] == json::array({{{"source", "a"}, {"target", "b"}}}));
  CHECK(long_form["nodes"][0]["data"]["code_ref"] == "core.echo");
  CHECK(checked["definition"] == long_form);
  CHECK_FALSE(f.post("/v1/validate", long_form).body.contains("definition"));

  // Only the spelling differs: the version stays as it is.
  const auto again = f.post("/v1/flows", long_form);
  CHECK(again.status == 200);
  CHECK(again.body["created"] == false);
  CHECK(f.get("/v1/flows/short").body["written"] == written);
  json explicit_form = written;
  explicit_form["nodes"][0]["next"] = "b";
  CHECK(f.post("/v1/flows", explicit_form).body["created"] == false);

  // A flow in the long form has no other one.
  f.post("/v1/flows", echo_flow("long"));
  CHECK_FALSE(f.get("/v1/flows/long").body.contains("written"));
  json other = written;
  other["nodes"][0]["next"] = nullptr;
  const auto refused = f.post("/v1/flows", other);
  CHECK(refused.status == 422);
  CHECK(refused.body["diagnostics"][0]["pointer"] == "/nodes/1");
  CHECK(f.get("/v1/flows/short").body["version"] == "1.0.0");
}

TEST_CASE("a definition can be sent as YAML", "[api][flows][yaml]") {
  api_fixture f;
  const auto send = [&](const char* method, const char* target, const std::string& text) {
    return f.call(method, target, text, {{"Content-Type", "application/yaml"}});
  };
  const std::string nodes = "nodes:\n  - id: a\n    type: task\n    code_ref: core.echo\n";
  CHECK(send("POST", "/v1/flows", "name: y # a comment\n" + nodes).status == 201);
  CHECK(send("PUT", "/v1/flows/y", nodes).status == 200);
  CHECK(f.get("/v1/flows/y").body["written"]["nodes"][0]["code_ref"] == "core.echo");

  const auto wrong = send("POST", "/v1/flows", "name: y\n" + nodes + "    timeout: soon\n");
  CHECK(wrong.status == 422);
  CHECK(wrong.body["diagnostics"][0]["pointer"] == "/nodes/0/timeout");
  CHECK(contains(wrong.body["diagnostics"][0]["message"], "(line 6, column 14)"));
  const auto warned = send("POST", "/v1/flows", "name: w\n" + nodes + "    retyr: 1\n");
  CHECK(warned.status == 201);
  CHECK(contains(warned.body["warnings"][0]["message"], "(line 6, column 12)"));
  const auto checked = send("POST", "/v1/validate", "name: y\n" + nodes + "    retyr: 1\n");
  CHECK(checked.body["valid"] == true);
  CHECK(contains(checked.body["diagnostics"][0]["message"], "(line 6, column 12)"));

  const auto malformed = send("POST", "/v1/flows", "name: y\nname: z\n");
  CHECK(malformed.status == 400);
  CHECK(malformed.body["code"] == "malformed_yaml");
  CHECK(contains(malformed.body["detail"], "line 2, column 1"));
  CHECK(send("POST", "/v1/flows", "").status == 400);
  CHECK(send("POST", "/v1/flows", std::string(300'000, ' ')).body["code"] == "limit_exceeded");
  // Elsewhere only JSON is read.
  CHECK(send("POST", "/v1/runs", "flow: y\n").status == 415);
}

TEST_CASE("a PUT takes the flow's name from its path", "[api][flows]") {
  api_fixture f;
  json nameless = echo_flow("x");
  nameless.erase("name");
  CHECK(f.call("PUT", "/v1/flows/order", nameless.dump()).status == 201);
  const auto other = f.call("PUT", "/v1/flows/order", echo_flow("x").dump());
  CHECK(other.status == 400);
  CHECK(other.body["faults"][0]["pointer"] == "/name");
}

TEST_CASE("a PUT with If-Match requires the latest version", "[api][flows]") {
  api_fixture f;
  const auto put = [&](int amount, const char* tag) {
    return f.call("PUT", "/v1/flows/f", echo_flow("f", amount).dump(), {{"If-Match", tag}});
  };
  CHECK(put(1, "*").status == 412);
  REQUIRE(f.post("/v1/flows", echo_flow("f", 1)).status == 201);
  CHECK(put(2, "\"1.0.0\"").body["version"] == "1.0.1");
  const auto late = put(3, "\"1.0.0\"");
  CHECK(late.status == 412);
  CHECK(contains(late.body["detail"], "1.0.1"));
  CHECK(put(3, "rubbish").status == 412);
  CHECK(put(3, "*").status == 201);
}

TEST_CASE("If-None-Match avoids sending a version again", "[api][flows]") {
  api_fixture f;
  REQUIRE(f.post("/v1/flows", echo_flow("f")).status == 201);
  const auto same = f.call("GET", "/v1/flows/f", "", {{"If-None-Match", "\"1.0.0\""}});
  CHECK(same.status == 304);
  CHECK(same.text.empty());
  CHECK(f.call("GET", "/v1/flows/f", "", {{"If-None-Match", "\"1.0.9\""}}).status == 200);
}

TEST_CASE("a version can be published", "[api][flows]") {
  api_fixture f;
  REQUIRE(f.post("/v1/flows", echo_flow("f", 1)).status == 201);
  REQUIRE(f.post("/v1/flows?publish=false", echo_flow("f", 2)).status == 201);
  CHECK(f.get("/v1/flows/f").body["version"] == "1.0.0");
  CHECK(f.get("/v1/flows/f?version=1.0.1").body["published"] == false);
  const auto published = f.post("/v1/flows/f/publish", {{"version", "1.0.1"}});
  CHECK(published.status == 200);
  CHECK(published.body["published"] == true);
  CHECK_FALSE(published.body.contains("definition"));
  CHECK(f.get("/v1/flows").body["flows"] ==
        json{{{"name", "f"}, {"latest", "1.0.1"}, {"published", "1.0.1"}}});
  CHECK(f.get("/v1/flows/f/versions").body["versions"].size() == 2);
  CHECK(f.get("/v1/flows/f/versions").body["next"] == nullptr);
  const auto first = f.get("/v1/flows/f/versions?limit=1").body;
  REQUIRE(first["next"].is_string());
  const auto rest =
      f.get("/v1/flows/f/versions?limit=1&cursor=" + first["next"].get<std::string>()).body;
  CHECK(rest["versions"][0]["version"] == "1.0.1");
  CHECK(rest["next"] == nullptr);
  CHECK(f.get("/v1/flows/f/versions?limit=0").status == 400);
  CHECK(f.get("/v1/flows/f/versions/1.0.0").body["definition"]["name"] == "f");
  CHECK(f.post("/v1/flows/f/publish", {{"version", "9.0.0"}}).status == 404);
  CHECK(f.post("/v1/flows/f/publish").status == 400);
}

TEST_CASE("a flow is deleted unless runs use it, and finished runs remain", "[api][flows]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "r"}}).status == 201);
  const auto used = f.call("DELETE", "/v1/flows/f");
  CHECK(used.status == 409);
  CHECK(contains(used.body["detail"], "1 unfinished run uses it"));
  REQUIRE(f.post("/v1/runs/r/signal", {{"type", "go"}}).status == 200);
  REQUIRE(f.get("/v1/runs/r?wait=10s").body["status"] == "completed");

  CHECK(f.call("DELETE", "/v1/flows/f").status == 204);
  CHECK(f.call("DELETE", "/v1/flows/f").status == 404);
  CHECK(f.get("/v1/flows/f").status == 404);
  CHECK(f.get("/v1/flows/f/versions").status == 404);
  CHECK(f.get("/v1/flows").body["flows"] == json::array());
  CHECK(f.post("/v1/runs", {{"flow", "f"}}).status == 404);
  CHECK(f.post("/v1/runs", {{"flow", "f"}, {"version", "1.0.0"}}).status == 404);
  CHECK(f.get("/v1/runs/r").status == 200);
  CHECK(f.get("/v1/runs/r/history").status == 200);

  // Version numbers are not reused: finished runs keep their definition.
  CHECK(f.post("/v1/flows", echo_flow("f")).body["version"] == "1.0.1");
  CHECK(f.get("/v1/flows/f").body["version"] == "1.0.1");
}

TEST_CASE("a definition is validated without being stored", "[api][flows]") {
  api_fixture f;
  const auto good = f.post("/v1/validate", echo_flow("f"));
  CHECK(good.body["valid"] == true);
  json unknown = echo_flow("f");
  unknown["nodes"][0]["data"]["code_ref"] = "core.ecko";
  const json found = f.post("/v1/validate", unknown).body;
  CHECK(found["diagnostics"][0]["code"] == "unknown_function");
  CHECK(found["faults"] == found["diagnostics"]);
  CHECK(f.post("/v1/validate", {{"name", "f"}}).body["valid"] == false);
  CHECK(f.get("/v1/flows").body["flows"].empty());
}

TEST_CASE("the warnings about a stored flow are answered with their level", "[api][flows]") {
  api_fixture f;
  json flow = echo_flow("f");
  flow["nodes"][0]["data"] = {{"code_ref", "core.sleep"}, {"args", {{"secs", 1}}}, {"retries", 3}};
  for (const bool stored : {false, true}) {
    CAPTURE(stored);
    const json body = f.post(stored ? "/v1/flows" : "/v1/validate", flow).body;
    const json diagnostics = body[stored ? "warnings" : "diagnostics"];
    REQUIRE(diagnostics.size() == 3);
    CHECK(diagnostics[0]["severity"] == "warning");
    CHECK(diagnostics[0]["code"] == "unknown_key");
    CHECK(diagnostics[0]["pointer"] == "/nodes/0/data/retries");
    CHECK(contains(diagnostics[0]["message"], "did you mean \"retry\""));
    CHECK(diagnostics[1]["code"] == "bad_argument");
    CHECK(diagnostics[1]["pointer"] == "/nodes/0/data/args/secs");
  }
}

TEST_CASE("flows are listed in pages, by name", "[api][flows]") {
  api_fixture f;
  for (const auto* name : {"e", "b", "a", "d", "c"})
    REQUIRE(f.post("/v1/flows", echo_flow(name)).status == 201);
  REQUIRE(f.call("DELETE", "/v1/flows/b").status == 204);
  std::vector<std::string> names;
  std::string cursor;
  do {
    const auto page = f.get("/v1/flows?limit=2&cursor=" + cursor);
    REQUIRE(page.status == 200);
    CHECK(page.body["flows"].size() == 2);
    for (const auto& each : page.body["flows"]) names.push_back(each["name"]);
    cursor = page.body["next"].is_null() ? "" : page.body["next"].get<std::string>();
  } while (!cursor.empty());
  CHECK(names == std::vector<std::string>{"a", "c", "d", "e"});
  for (const auto* wrong : {"cursor=zz", "cursor=00", "limit=0", "limit=1001", "limit=x"})
    CHECK(f.get(std::string{"/v1/flows?"} + wrong).status == 400);
}
