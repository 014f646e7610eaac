#include "server/flow_files.hpp"

#include "server/testing/api_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::server;
using pawl::server::testing::api_fixture;

TEST_CASE("a server that watches no folder has no flow files", "[api][flows]") {
  api_fixture f;
  CHECK(f.get("/v1/flow-files").body == json{{"folder", nullptr}, {"files", json::array()}});
}

TEST_CASE("flow files are listed with what became of them", "[api][flows]") {
  api_fixture f{api_fixture::quiet(), false, std::make_shared<flow_file_reports>("flows")};
  f.flow_files->put(
      {"b.json", from_unix_us(0), std::nullopt, {{severity::error, "b.json:1:2: error: no"}}});
  f.flow_files->put({"a.yaml", from_unix_us(0), flow_version_id{flow_name{"a"}, {1, 0, 2}}});
  const json seen = f.get("/v1/flow-files").body;
  CHECK(seen["folder"] == "flows");
  REQUIRE(seen["files"].size() == 2);
  CHECK(seen["files"][0]["file"] == "a.yaml");
  CHECK(seen["files"][0]["flow"] == "a");
  CHECK(seen["files"][0]["version"] == "1.0.2");
  CHECK(seen["files"][1]["flow"].is_null());
  CHECK(seen["files"][1]["messages"][0] ==
        json{{"severity", "error"}, {"text", "b.json:1:2: error: no"}});
  CHECK(f.call("GET", "/v1/flow-files", "", {{"Pawl-Scope", "other"}}).body["files"].empty());

  f.flow_files->remove("b.json");
  flow_file_report many{"a.yaml", from_unix_us(0)};
  many.messages.resize(1000);
  f.flow_files->put(many);
  const json later = f.get("/v1/flow-files").body["files"];
  REQUIRE(later.size() == 1);
  CHECK(later[0]["messages"].size() == flow_file_reports::max_messages);
}

TEST_CASE("changes of flow files call their listeners", "[api][flows]") {
  flow_file_reports reports{"flows"};
  int calls = 0;
  auto listener = reports.on_change([&] { ++calls; });
  reports.put({"a.yaml", from_unix_us(0)});
  reports.remove("b.yaml");
  CHECK(calls == 1);
  reports.remove("a.yaml");
  CHECK(calls == 2);
  listener.reset();
  reports.put({"a.yaml", from_unix_us(0)});
  CHECK(calls == 2);
  CHECK(reports.changes() == 3);
}
