// Edges that take errors by what no error has.

#include "flow/testing/flows.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

/// A flow in the short form whose only handler is this one.
json flow_with_handler(const char* type, json handler) {
  json node{{"id", "a"}, {"type", type}, {"next", nullptr}};
  if (std::string_view{type} == "http")
    node["url"] = "https://example.org";
  else
    node["code_ref"] = "test.a";
  handler["to"] = "help";
  node["on_error"] = json::array({std::move(handler)});
  return {{"name", "f"}, {"nodes", {std::move(node), {{"id", "help"}, {"type", "end"}}}}};
}

lines warned_of_when(json when, const char* into = nullptr) {
  json handler{{"when", std::move(when)}};
  if (into != nullptr) handler["into"] = into;
  return warnings_of(flow_with_handler("task", handler));
}

}  // namespace

TEST_CASE("a member that no error has causes a warning", "[soundness][on-error]") {
  const lines unknown{"/nodes/0/on_error/0/when unknown_member"};
  CHECK(warned_of_when({{"==", {var("error.status"), 404}}}) == unknown);
  CHECK(warned_of_when({{"and", {true, {{"==", {{{"var", {"error.code", 0}}}, 1}}}}}}) == unknown);
  CHECK(warned_of_when({{"==", {var("failure.mesage"), "x"}}}, "failure") == unknown);
  for (const json& good : {var("error.type"), var("error.details.status"), var("error"),
                           var("error.attempt"), var("failure.status"), var("errors.status")}) {
    CAPTURE(good);
    CHECK(warned_of_when({{"==", {good, 1}}}) == lines{});
  }
  const json quoted{{"literal", {{"var", "error.status"}}}};
  CHECK(warned_of_when({{"in", {1, quoted}}}) == lines{});
  const auto message = [](json when) {
    return message_of(flow_with_handler("http", {{"when", std::move(when)}}), "unknown_member");
  };
  CHECK(message({{"==", {var("error.status"), 404}}}) ==
        "an error has no \"status\", only type, message, node, attempt and details; did you mean "
        "{\"var\":\"error.details.status\"}?");
  CHECK(message({{"==", {var("error.json.code"), 7}}})
            .ends_with("did you mean {\"var\":\"error.details.json.code\"}?"));
  CHECK(message({{"==", {var("error.mesage"), "x"}}})
            .ends_with("did you mean {\"var\":\"error.message\"}?"));
}

TEST_CASE("a status or a misspelled word in place of an error type of http causes a warning",
          "[soundness][on-error]") {
  const auto of_http = [](const char* type) {
    return warnings_of(flow_with_handler("http", {{"on", type}}));
  };
  for (const char* const status : {"404", "5xx", "5XX"})
    CHECK(of_http(status) == lines{"/nodes/0/on_error/0 status_as_type"});
  CHECK(of_http("http_staus") == lines{"/nodes/0/on_error/0 unknown_error_type"});
  CHECK(of_http("timeout") == lines{"/nodes/0/on_error/0 unknown_error_type"});
  for (const char* const good : {"http_status", "timed_out", "http_connect", "card_declined"})
    CHECK(of_http(good) == lines{});
  // A function may name its errors as it likes.
  CHECK(warnings_of(flow_with_handler("task", {{"on", "404"}})) == lines{});
}
