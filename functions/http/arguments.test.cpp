#include "functions/http/test_client.hpp"
#include "functions/http/test_server.hpp"
#include "tests/support/text.hpp"

using pawl::json;
using pawl::functions::step_with;
using pawl::functions::http::always;
using pawl::functions::http::answer_with;
using pawl::functions::http::test_client;
using pawl::functions::http::test_server;
using pawl::testing::contains;

TEST_CASE("core.http encodes and appends query parameters") {
  const test_server server{always(answer_with(200, ""))};
  const test_client client;
  const auto target = [&](const std::string& path, json query) {
    client.good({{"url", server.url(path)}, {"query", std::move(query)}});
    return server.requests().back().target;
  };
  CHECK(target("/", {{"a b", "ü&=+/%"}, {"n", 1.5}, {"on", true}, {"not", nullptr}}) ==
        "/?a%20b=%C3%BC%26%3D%2B%2F%25&n=1.5&on=true");
  CHECK(target("/x?y=1", {{"list", {1, "b"}}}) == "/x?y=1&list=1&list=b");
  CHECK(target("/x?y=1#end", json::object()) == "/x?y=1");
  CHECK(target("/ü?ä=%20", json::object()) == "/%C3%BC?%C3%A4=%20");
  client.failure({{"url", server.url()}, {"query", {{"a", json::object()}}}}, "invalid_arguments");
  client.failure({{"url", server.url()}, {"query", "a=b"}}, "invalid_arguments");
}

TEST_CASE("core.http reports every unknown argument and every wrong type") {
  const test_client client;
  const auto message = client.failure({{"url", 1}, {"methd", "GET"}, {"timeout", 1}, {"body", 2}},
                                      "invalid_arguments");
  for (const char* part : {"\"url\"", "\"methd\"", "\"timeout\"", "\"body\""})
    CHECK(contains(message, part));
  CHECK(contains(client.failure(json::object(), "invalid_arguments"), "\"url\" is missing"));
  const auto refused = [&](const std::string& name, json value) {
    json args{{"url", "http://127.0.0.1:1/"}};
    args[name] = std::move(value);
    CAPTURE(args);
    CHECK(contains(client.failure(args, "invalid_arguments"), name));
  };
  for (const char* method : {"", "GE T", "CONNECT", "trace", "GET\r\nX: y"})
    refused("method", method);
  for (const int ms : {0, -1, 86'400'001}) refused("timeout_ms", ms);
  for (const int bytes : {0, -1, 5'000'000}) refused("max_bytes", bytes);
  refused("follow_redirects", "yes");
  client.failure({{"url", "http://127.0.0.1:1/"}, {"body", ""}, {"json", 1}}, "invalid_arguments");
}

TEST_CASE("core.http refuses URLs that are relative, not HTTP or have a password") {
  const test_client client;
  for (const char* url : {"", "/", "127.0.0.1", "127.0.0.1:80/x", "//127.0.0.1/", "http://",
                          "ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/",
                          "http://a b/", "http://127.0.0.1/\r\nX: y", "http://127.0.0.1:0/",
                          "http://127.0.0.1:99999/", "http://[fe80::1%25lo]/", "http://[::1/"}) {
    CAPTURE(url);
    CHECK(contains(client.failure({{"url", url}}, "invalid_arguments"), "\"url\" must "));
  }
  for (const char* url :
       {"http://ann@127.0.0.1/", "http://ann:s3cret@127.0.0.1/", "http://:s3cret@127.0.0.1/"}) {
    const auto message = client.failure({{"url", url}}, "invalid_arguments");
    CHECK(contains(message, "header"));
    CHECK_FALSE(contains(message, "s3cret"));
  }
}

TEST_CASE("core.http prevents header injection") {
  const test_client client;
  const auto refused = [&](const std::string& name, json value) {
    const json args{{"url", "http://127.0.0.1:1/"}, {"headers", {{name, std::move(value)}}}};
    CAPTURE(args);
    const auto message = client.failure(args, "invalid_arguments");
    CHECK(contains(message, "\"headers\""));
    CHECK_FALSE(contains(message, "s3cret"));
  };
  for (const char* name : {"", "A B", "A:", "A\r\nB", "Ä", "A\tB", "(A)"}) refused(name, "s3cret");
  refused(std::string{"A\0B", 3}, "s3cret");
  for (const char* value : {"s3cret\r\nX: y", "s3cret\n", "\rs3cret", "s3cret\x01", "s3cret\x7f"})
    refused("X-Y", value);
  refused("X-Y", std::string{"s3cret\0x", 8});
  refused("X-Y", 1);
  for (const char* name : {"Host", "content-length", "Transfer-Encoding", "Connection", "Upgrade",
                           "Expect", "TE", "Trailer", "Keep-Alive", "Proxy-Connection"})
    refused(name, "s3cret");
  client.failure({{"url", "http://127.0.0.1:1/"}, {"headers", {{"A", "1"}, {"a", "2"}}}},
                 "invalid_arguments");
  client.failure({{"url", "http://127.0.0.1:1/"}, {"headers", "A: b"}}, "invalid_arguments");
}

TEST_CASE("core.http sends the step's idempotency key, the same for every attempt") {
  const test_server server{always(answer_with(200, ""))};
  const test_client client;
  auto step = step_with({{"url", server.url()}, {"method", "POST"}});
  step.key = "default/o-17/pay ü%/1";
  REQUIRE(client.call(step));
  REQUIRE(client.call(step));
  CHECK(server.requests().at(0).headers.at("idempotency-key") == "default/o-17/pay%20%C3%BC%25/1");
  CHECK(server.requests().at(0).headers == server.requests().at(1).headers);

  step.args["idempotency_header"] = "X-Request-Id";
  REQUIRE(client.call(step));
  CHECK(server.requests().back().headers.count("idempotency-key") == 0);
  CHECK(server.requests().back().headers.at("x-request-id") == "default/o-17/pay%20%C3%BC%25/1");
  for (const json& none : {json(nullptr), json("")}) {
    step.args["idempotency_header"] = none;
    REQUIRE(client.call(step));
    CHECK_FALSE(contains(server.requests().back().head, "o-17"));
  }
  for (const char* bad : {"A B", "Host", "A\r\nB"}) {
    step.args["idempotency_header"] = bad;
    CHECK(client.call(step).error().type == "invalid_arguments");
  }
  step.args["idempotency_header"] = "X-Key";
  step.args["headers"] = {{"x-key", "own"}};
  CHECK(client.call(step).error().type == "invalid_arguments");
}

TEST_CASE("core.http sends traceparent unless the step sets one") {
  const test_server server{always(answer_with(200, ""))};
  const test_client client;
  const auto sent = [&](json headers) {
    client.good({{"url", server.url()}, {"headers", std::move(headers)}});
    return server.requests().back().headers.at("traceparent");
  };
  CHECK(sent(json::object()) == "00-01000000000000000000000000000000-0200000000000000-01");
  CHECK(sent({{"Traceparent", "mine"}}) == "mine");
}
