#include "server/testing/api_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using pawl::server::testing::api_fixture;

TEST_CASE("a rule is evaluated on data", "[api][logic]") {
  api_fixture f;
  const json rule{{">", {{{"var", "amount"}}, 100}}};
  const auto seen = f.post("/v1/logic", {{"rule", rule}, {"data", {{"amount", 120}}}});
  CHECK(seen.status == 200);
  CHECK(seen.body["result"] == true);
  CHECK(seen.body["steps"] > 0);
  CHECK(seen.body["max_steps"] > seen.body["steps"]);
  CHECK_FALSE(seen.body.contains("calls"));

  const json traced = f.post("/v1/logic", {{"rule", rule}, {"trace", true}}).body;
  CHECK(traced["result"] == false);
  CHECK(traced["cut"] == false);
  CHECK(traced["calls"][0]["depth"] == 0);
  CHECK(traced["calls"][0]["value"] == "false");

  const json made =
      f.post("/v1/logic", {{"template", {{"a", {{"var", "b"}}}}}, {"data", {{"b", 7}}}}).body;
  CHECK(made["result"] == json{{"a", 7}});
}

TEST_CASE("a rule that is invalid or fails is an answer", "[api][logic]") {
  api_fixture f;
  const auto invalid = f.post("/v1/logic", {{"rule", {{">>", {1, 2}}}}});
  CHECK(invalid.status == 200);
  CHECK_FALSE(invalid.body.contains("result"));
  CHECK(invalid.body["error"]["type"].is_string());
  CHECK_FALSE(invalid.body["error"]["diagnostics"].empty());
  const std::string text(100'000, 'x');
  const json large{{"cat", std::vector<json>(50, json{{"var", "text"}})}};
  const auto refused = f.post("/v1/logic", {{"rule", large}, {"data", {{"text", text}}}});
  CHECK(refused.status == 200);
  CHECK(refused.body["error"]["type"] == "limit_exceeded");
}

TEST_CASE("the calls in an answer are bounded", "[api][logic]") {
  api_fixture f;
  json items = json::array();
  for (int i = 0; i < 3000; ++i) items.push_back(i);
  const json seen =
      f.post("/v1/logic", {{"rule", {{"map", {{{"var", ""}}, {{"+", {{{"var", ""}}, 1}}}}}}},
                           {"data", items},
                           {"trace", true}})
          .body;
  CHECK(seen["result"].size() == 3000);
  CHECK(seen["calls"].size() == 1000);
  CHECK(seen["cut"] == true);
}

TEST_CASE("a trial names either a rule or a template", "[api][logic]") {
  api_fixture f;
  CHECK(f.post("/v1/logic").status == 400);
  CHECK(f.post("/v1/logic", {{"rule", 1}, {"template", 1}}).status == 400);
  CHECK(f.post("/v1/logic", {{"rule", 1}, {"more", 1}}).status == 400);
  CHECK(f.post("/v1/logic", {{"rule", nullptr}}).body["result"].is_null());
}
