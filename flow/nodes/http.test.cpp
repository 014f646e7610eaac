#include "flow/testing/driven_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

json request(std::string id, json data) {
  return node_of(std::move(id), "http", std::move(data));
}

lines errors_of_request(json data) {
  return errors_of(chain({start(), request("h", std::move(data))}));
}

/// Returns the errors of a valid request with one more key.
lines errors_of_request_with(const char* key, json value) {
  json data{{"url", "https://example.com/"}};
  data[key] = std::move(value);
  return errors_of_request(std::move(data));
}

}  // namespace

TEST_CASE("the URL of an http node is checked", "[http][validation]") {
  const std::string at = "/nodes/1/data";
  CHECK(errors_of_request(json::object()) == lines{at + " missing_key"});
  CHECK(errors_of_request({{"url", nullptr}}) == lines{at + " missing_key"});
  for (const json& bad : {json(""),
                          json("/orders"),
                          json("example.com"),
                          json("//example.com/"),
                          json("http://"),
                          json("https:///x"),
                          json("http://:80/"),
                          json("http://?q"),
                          json("ftp://example.com/"),
                          json("file:///etc/passwd"),
                          json("gopher://example.com"),
                          json("javascript:alert(1)"),
                          json("http:/example.com"),
                          json(" http://example.com/"),
                          json("http://exa mple.com/"),
                          json("http://example.com/\r\nX: y"),
                          json("http://example.com/\x7f"),
                          json("http://ann@example.com/"),
                          json("https://ann:s3cret@example.com/"),
                          json(7),
                          json(true),
                          json::array({"http://example.com/"}),
                          json::object(),
                          json{{"var", "a"}, {"cat", "b"}}}) {
    CAPTURE(bad);
    CHECK(errors_of_request({{"url", bad}}) == lines{at + "/url bad_url"});
  }
  CHECK(errors_of_request({{"url", {{"!", {{"wat", 1}}}}}}) ==
        lines{at + "/url/!/wat unknown_operator"});
  for (const json& good :
       {json("http://example.com"), json("HTTPS://Example.com:8443/a?b=c@d"), json("http://[::1]/"),
        json("https://exämple.com/ü"), json{{"cat", {"https://x.example/", {{"var", "id"}}}}}}) {
    CAPTURE(good);
    CHECK(errors_of_request({{"url", good}}) == lines{});
  }
}

TEST_CASE("a diagnostic does not repeat a URL with a secret", "[http][validation]") {
  const auto said = message_of(
      chain({start(), request("h", {{"url", "https://ann:s3cret@example.com/"}})}), "bad_url");
  CHECK_FALSE(mentions(said, "s3cret"));
  CHECK(mentions(said, "send them in a header"));
}

TEST_CASE("the data of an http node is checked", "[http][validation]") {
  const std::string at = "/nodes/1/data/";
  const auto with = errors_of_request_with;
  for (const json& bad : {json("get"), json("CONNECT"), json("TRACE"), json(""), json("GET /"),
                          json(1), json::array({"GET"})})
    CHECK(with("method", bad) == lines{at + "method out_of_range"});
  for (const json& bad :
       {json::array(), json(200), json("2xx"), json::array({99}), json::array({600}),
        json::array({-200}), json::array({"6xx"}), json::array({"0xx"}), json::array({"20x"}),
        json::array({"200"}), json::array({""}), json::array({200.5}), json::array({true})})
    CHECK(with("accept_status", bad) == lines{at + "accept_status out_of_range"});
  for (const json& bad : {json(0), json(-1), json(1.5), json("1"), json((1u << 30) + 1),
                          json(~std::uint64_t{0}), json(true)})
    CHECK(with("max_bytes", bad) == lines{at + "max_bytes out_of_range"});
  for (const json& bad : {json("yes"), json(1), json::object()})
    CHECK(with("follow_redirects", bad) == lines{at + "follow_redirects wrong_type"});
  for (const json& bad : {json("xml"), json(""), json(true)})
    CHECK(with("parse", bad) == lines{at + "parse out_of_range"});
  for (const json& bad : {json("soon"), json(-1), json(""), json(1e300), json(true)}) {
    CHECK(with("timeout", bad) == lines{at + "timeout bad_duration"});
    CHECK(with("total_timeout", bad) == lines{at + "total_timeout bad_duration"});
  }
  for (const json& bad : {json(0), json("0s"), json("2d"), json(86'401)})
    CHECK(with("timeout", bad) == lines{at + "timeout out_of_range"});
  for (const json& bad : {json(3), json("twice"), json::array()})
    CHECK(with("retry", bad) == lines{at + "retry wrong_type"});
  CHECK(with("retry", {{"max_attempts", 0}}) == lines{at + "retry/max_attempts out_of_range"});
  for (const json& bad : {json(""), json(1), json::object()})
    CHECK(with("into", bad) == lines{at + "into wrong_type"});
  CHECK(with("compensate", 1) == lines{at + "compensate wrong_type"});
  CHECK(with("compensate", {{"url", "http://x.example/"}}) ==
        lines{at + "compensate/url unknown_key", at + "compensate missing_key"});
  CHECK(with("effect", "twice") == lines{at + "effect out_of_range"});
  CHECK(with("in_doubt", "ask") == lines{at + "in_doubt contradiction"});
  for (const auto& [key, good] :
       std::vector<std::pair<const char*, json>>{{"method", "DELETE"},
                                                 {"accept_status", {404, "2xx"}},
                                                 {"max_bytes", 1u << 30},
                                                 {"follow_redirects", true},
                                                 {"parse", "text"},
                                                 {"timeout", "24h"},
                                                 {"timeout", 0.001},
                                                 {"total_timeout", 0},
                                                 {"effect", "once"},
                                                 {"into", "x"},
                                                 {"retry", {{"max_attempts", 5}}},
                                                 {"headers", nullptr},
                                                 {"query", nullptr},
                                                 {"body", nullptr}})
    CHECK(with(key, good) == lines{});
}

TEST_CASE("the headers of an http node are checked", "[http][validation]") {
  const std::string at = "/nodes/1/data/headers";
  const auto with = [](const char* name, json value) {
    return errors_of_request_with("headers", {{name, std::move(value)}});
  };
  for (const json& bad : {json(1), json("accept: x"), json::array(), json(true)})
    CHECK(errors_of_request_with("headers", bad) == lines{at + " wrong_type"});
  for (const char* bad : {"a b", "a:", "ä", "a\r\nb", "a\""})
    CHECK(with(bad, "x") == lines{at + "/" + bad + " bad_header"});
  CHECK(with("", "x") == lines{at + "/ bad_header"});
  CHECK(with("a/b", "x") == lines{at + "/a~1b bad_header"});
  for (const char* own : {"Host", "content-length", "Transfer-Encoding", "Connection", "expect",
                          "Idempotency-Key", "idempotency-key"})
    CHECK(with(own, "x") == lines{at + "/" + own + " bad_header"});
  CHECK(errors_of_request_with("headers", {{"Accept", "a"}, {"accept", "b"}}) ==
        lines{at + "/accept contradiction"});
  for (const json& bad : {json(1), json(nullptr), json(true), json::array({"a"}), json::object()})
    CHECK(with("accept", bad) == lines{at + "/accept wrong_type"});
  for (const char* bad : {"a\r\nX: y", "a\nb", "\x01"})
    CHECK(with("accept", bad) == lines{at + "/accept bad_header"});
  CHECK(with("accept", {{"!", {{"wat", 1}}}}) == lines{at + "/accept/!/wat unknown_operator"});
  for (const json& good : {json(""), json("text/html; q=0.5"), json("a\tb"), json("ü"), var("x")})
    CHECK(with("accept", good) == lines{});
}

TEST_CASE("the parameters and the body of an http node are checked", "[http][validation]") {
  const std::string at = "/nodes/1/data/";
  for (const json& bad : {json(1), json("a=b"), json::array()})
    CHECK(errors_of_request_with("query", bad) == lines{at + "query wrong_type"});
  const auto query = [](json value) {
    return errors_of_request_with("query", {{"q", std::move(value)}});
  };
  for (const json& bad : {json::object(), json{{"a", 1}, {"b", 2}}, json::array({json::array()}),
                          json::array({nullptr})})
    CHECK(query(bad) == lines{at + "query/q wrong_type"});
  CHECK(query({{"!", {{"wat", 1}}}}) == lines{at + "query/q/!/wat unknown_operator"});
  for (const json& good : {json("x"), json(1.5), json(true), json(nullptr), json::array(),
                           json::array({1, "b"}), json(var("x"))})
    CHECK(query(good) == lines{});

  const auto body = [](json keys) {
    keys["url"] = "http://x.example/";
    return errors_of_request(std::move(keys));
  };
  for (const json& bad : {json(1), json(true), json::array(), json::object()})
    CHECK(body({{"body", bad}}) == lines{at + "body wrong_type"});
  for (const json& value : {json(1), json(nullptr), json(var("x"))})
    CHECK(body({{"body", "x"}, {"json", value}}) == lines{at + "body contradiction"});
  CHECK(body({{"body", nullptr}, {"json", 1}}) == lines{});
  CHECK(body({{"method", "HEAD"}, {"body", "x"}}) == lines{at + "body contradiction"});
  CHECK(body({{"method", "HEAD"}, {"json", nullptr}}) == lines{at + "json contradiction"});
  CHECK(body({{"json", {{"!", {{"wat", 1}}}}}}) == lines{at + "json/!/wat unknown_operator"});
  for (const json& good : {json(nullptr), json(1), json{{"a", 1}, {"b", 2}}, json::array()})
    CHECK(body({{"json", good}}) == lines{});
}

TEST_CASE("unknown keys of an http node cause a warning", "[http][validation]") {
  const json flow = chain({start(), request("h", {{"url", "http://x.example/"},
                                                  {"timeuot", 1},
                                                  {"heartbeat_timeout", "1s"},
                                                  {"queue", "gpu"},
                                                  {"label", "L"}})});
  CHECK(errors_of(flow) == lines{});
  CHECK(warnings_of(flow) == lines{"/nodes/1/data/heartbeat_timeout unknown_key",
                                   "/nodes/1/data/queue unknown_key",
                                   "/nodes/1/data/timeuot unknown_key"});
}

TEST_CASE("an http node calls core.http with the results of its rules", "[http]") {
  driven_run run{chain({start(),
                        request("h", {{"url", {{"cat", {"https://x.example/", {{"var", "id"}}}}}},
                                      {"method", "POST"},
                                      {"headers", {{"x-user", var("user")}}},
                                      {"query", {{"n", 3}}},
                                      {"json", var("order")},
                                      {"accept_status", {201}},
                                      {"parse", "text"},
                                      {"timeout", "1.5s"}}),
                        end()})};
  REQUIRE(run.begin({{"id", 7}, {"user", "ann"}, {"order", {{"total", 12}}}}));
  const auto& call = std::get<invoke_effect>(run.last().effects.at(0));
  CHECK(call.code_ref == "core.http");
  CHECK(call.args == json{{"url", "https://x.example/7"},
                          {"method", "POST"},
                          {"headers", {{"x-user", "ann"}}},
                          {"query", {{"n", 3}}},
                          {"json", {{"total", 12}}},
                          {"accept_status", {201}},
                          {"parse", "text"},
                          {"timeout_ms", 1500}});
  REQUIRE(run.finish("h", json{{"status", 201}}));
  CHECK(run.data()["response"] == json{{"status", 201}});
}
