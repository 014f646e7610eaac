// Members that a rule reads of a response, and that no response has.

#include "flow/testing/flows.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

json asking(json result) {
  return chain({start(), node_of("ask", "http",
                                 {{"url", "https://a.example/"}, {"result", std::move(result)}})});
}

}  // namespace

TEST_CASE("a member that no response has causes a warning", "[soundness][http]") {
  const lines unknown{"/nodes/1/data/result unknown_member"};
  CHECK(warnings_of(asking({{"all", var("result.items")}})) == unknown);
  CHECK(warnings_of(asking(var("result.data.id"))) == unknown);
  CHECK(warnings_of(asking({{"first", {{"var", {"result.items.0", nullptr}}}}})) == unknown);
  CHECK(warnings_of(asking({{"text", "Order {{result.id}}"}})) == unknown);
  for (const char* const good :
       {"result", "result.status", "result.headers.etag", "result.body", "result.body_base64",
        "result.json.items", "result.url", "results.x", "n"})
    CHECK(warnings_of(asking({{"all", var(good)}})) == lines{});
  CHECK(message_of(asking({{"all", var("result.items.0")}}), "unknown_member") ==
        "a response has no \"items\", only status, headers, url, body and json; did you mean "
        "{\"var\":\"result.json.items.0\"}?");
  CHECK(mentions(message_of(asking(var("result.jsn.id")), "unknown_member"),
                 "{\"var\":\"result.json.id\"}?"));
}

TEST_CASE("a rule that does not read the response causes no warning about its members",
          "[soundness][http]") {
  const json names{{"map", {var("result.json.items"), var("result.name")}}};
  CHECK(warnings_of(asking({{"names", names}})) == lines{});
  CHECK(warnings_of(asking({{"quoted", {{"literal", var("result.items")}}}})) == lines{});
  CHECK(warnings_of(chain({start(), task("x", {{"result", var("result.items")}})})) == lines{});
}
