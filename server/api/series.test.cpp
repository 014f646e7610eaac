#include "server/testing/api_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using pawl::server::testing::api_fixture;

namespace {

std::uint64_t sum_of(const json& numbers) {
  std::uint64_t sum = 0;
  for (const auto& each : numbers) sum += each.get<std::uint64_t>();
  return sum;
}

}  // namespace

TEST_CASE("the series have what the runs of the scope did", "[api][series]") {
  api_fixture f;
  f.put("f", {f.task("a", "core.echo"), f.task("b", "core.echo")});
  f.put("g", {f.task("a", "core.fail")});
  f.put("h", {f.signal("s", "go")});
  for (const auto* flow : {"f", "f", "g"})
    REQUIRE(f.post("/v1/runs?wait=10s", {{"flow", flow}}).status == 200);
  REQUIRE(f.post("/v1/runs", {{"flow", "h"}, {"id", "r"}}).status == 201);
  REQUIRE(f.post("/v1/runs/r/cancel").status == 200);
  // The minute may have changed meanwhile.
  const json series = f.get("/v1/series?minutes=3").body;
  CHECK(series["started"].size() == 3);
  CHECK(sum_of(series["started"]) == 4);
  CHECK(sum_of(series["completed"]) == 2);
  CHECK(sum_of(series["failed"]) == 1);
  CHECK(sum_of(series["cancelled"]) == 1);
  CHECK(sum_of(series["steps"]) >= 4);
  CHECK(sum_of(series["step_failures"]) == 1);
  CHECK(series["since"].get<std::string>() > series["from"].get<std::string>());

  const json other = f.call("GET", "/v1/series", "", {{"Pawl-Scope", "other"}}).body;
  CHECK(other["started"].size() == 60);
  CHECK(sum_of(other["started"]) == 0);
  CHECK(f.get("/v1/series?minutes=0").status == 400);
  CHECK(f.get("/v1/series?minutes=361").status == 400);
}
