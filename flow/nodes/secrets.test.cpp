// Secrets in the arguments of calls: places instead of values.
#include "flow/testing/driven_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

json calling(json data) {
  data["code_ref"] = "f";
  return chain({start(), node_of("a", "task", std::move(data)), end()});
}

json requesting(json data) {
  data["url"] = "http://localhost/";
  return chain({start(), node_of("a", "http", std::move(data)), end()});
}

/// The call that the node `a` of a flow makes.
invoke_effect call_by(const json& flow, const json& input = json::object()) {
  driven_run run{flow};
  REQUIRE(run.begin(input));
  const invoke_effect* const call = run.call_of("a");
  REQUIRE(call != nullptr);
  return *call;
}

}  // namespace

TEST_CASE("a secret is null in the arguments, which name its place", "[secrets]") {
  const auto call =
      call_by(calling({{"with", {{"to", {{"var", "who"}}}, {"key", {{"secret", "API_KEY"}}}}}}),
              {{"who", "ada"}});
  CHECK(call.args == json{{"to", "ada"}, {"key", nullptr}});
  REQUIRE(call.secrets);
  CHECK(*call.secrets == logic::secret_places{{{"key"}, "", "API_KEY", ""}});
}

TEST_CASE("a secret can stand in a text and deep in an object", "[secrets]") {
  const auto call = call_by(
      requesting({{"headers", {{"authorization", "Bearer {{API_KEY | secret}}"}}},
                  {"query", {{"token", {{"secret", "q"}}}}},
                  {"method", "POST"},
                  {"json", {{"auth", {{"password", {{"secret", "db.pw"}}}}}, {"user", "u"}}}}));
  REQUIRE(call.secrets);
  CHECK(*call.secrets ==
        logic::secret_places{{{"headers", "authorization"}, "Bearer ", "API_KEY", ""},
                             {{"query", "token"}, "", "q", ""},
                             {{"json", "auth", "password"}, "", "db.pw", ""}});
  CHECK(call.args.at("json") == json{{"auth", {{"password", nullptr}}}, {"user", "u"}});
  CHECK(call.args.at("headers") == json{{"authorization", nullptr}});
}

TEST_CASE("a whole body can be a text with a secret", "[secrets]") {
  const auto call = call_by(requesting(
      {{"method", "POST"}, {"body", "grant=client&secret={{client-secret | secret}}&x=1"}}));
  REQUIRE(call.secrets);
  CHECK(*call.secrets ==
        logic::secret_places{{{"body"}, "grant=client&secret=", "client-secret", "&x=1"}});
}

TEST_CASE("a literal of this form, and data, are no secrets", "[secrets]") {
  const auto call = call_by(
      calling({{"with", {{"a", {{"literal", {{"secret", "x"}}}}}, {"b", {{"var", "given"}}}}}}),
      {{"given", {{"secret", "API_KEY"}}}});
  CHECK_FALSE(call.secrets);
  CHECK(call.args == json{{"a", {{"secret", "x"}}}, {"b", {{"secret", "API_KEY"}}}});
}

TEST_CASE("a compensation has secrets of its own, and stores null", "[secrets]") {
  driven_run run{
      chain({start(),
             node_of("a", "task",
                     {{"code_ref", "f"},
                      {"compensate", {{"code_ref", "g"}, {"with", {{"key", {{"secret", "K"}}}}}}}}),
             node_of("x", "fail", {{"type", "broken"}, {"message", "broken"}})})};
  REQUIRE(run.begin());
  CHECK_FALSE(run.call_of("a")->secrets);
  REQUIRE(run.finish("a"));
  const invoke_effect* const undo = run.call_of("a");
  REQUIRE(undo != nullptr);
  CHECK(undo->compensates);
  CHECK(undo->args == json{{"key", nullptr}});
  REQUIRE(undo->secrets);
  CHECK(*undo->secrets == logic::secret_places{{{"key"}, "", "K", ""}});
}

TEST_CASE("a secret anywhere else is an error", "[secrets][validation]") {
  using lines = std::vector<std::string>;
  const json secret{{"secret", "K"}};
  CHECK(errors_of(chain({start(), node_of("a", "set", {{"values", {{"x", secret}}}})})) ==
        lines{"/nodes/1/data/values/x misplaced_secret"});
  CHECK(
      errors_of(chain({start(), node_of("a", "set", {{"values", {{"x", "a {{K | secret}}"}}}})})) ==
      lines{"/nodes/1/data/values/x misplaced_secret"});
  CHECK(errors_of(calling({{"with", {{"list", {1, secret}}}}})) ==
        lines{"/nodes/1/data/with/list/1 misplaced_secret"});
  CHECK(errors_of(calling({{"with", {{"x", {{"if", {true, secret}}}}}}})) ==
        lines{"/nodes/1/data/with/x/if/1/secret unknown_operator"});
  CHECK(errors_of(requesting({{"json", {{"a", {{"secret", 7}}}}}})) ==
        lines{"/nodes/1/data/json/a bad_secret"});
  CHECK(errors_of(requesting({{"json", {{"a", {{"secret", "a b"}}}}}})) ==
        lines{"/nodes/1/data/json/a bad_secret"});
  CHECK(errors_of(requesting({{"body", "{{K | secret}} {{name}}"}})) ==
        lines{"/nodes/1/data/body bad_secret"});
}

TEST_CASE("a request with secrets follows no redirects", "[secrets][validation]") {
  json data{{"query", {{"token", {{"secret", "K"}}}}}, {"follow_redirects", true}};
  CHECK(errors_of(requesting(data)) ==
        std::vector<std::string>{"/nodes/1/data/follow_redirects contradiction"});
  data["follow_redirects"] = false;
  CHECK(errors_of(requesting(data)).empty());
}

TEST_CASE("a secret in args is passed as written, with a warning", "[secrets][validation]") {
  const auto flow = calling({{"args", {{"key", {{"secret", "K"}}}}}});
  CHECK(warnings_of(flow) == std::vector<std::string>{"/nodes/1/data/args/key rule_in_args"});
  CHECK_FALSE(call_by(flow).secrets);
}

TEST_CASE("the name of a secret is not read from the data", "[secrets][soundness]") {
  json flow = calling({{"with", {{"key", "Bearer {{API_KEY | secret}}"}}}});
  flow["input_schema"] = {{"type", "object"}, {"additionalProperties", false}};
  CHECK(warnings_of(flow) == std::vector<std::string>{});
}
