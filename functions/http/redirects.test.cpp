#include <cstdlib>

#include "functions/http/test_client.hpp"
#include "functions/http/test_server.hpp"
#include "tests/support/text.hpp"

using pawl::json;
using pawl::functions::http::always;
using pawl::functions::http::answer_with;
using pawl::functions::http::policy;
using pawl::functions::http::redirect_to;
using pawl::functions::http::test_client;
using pawl::functions::http::test_connection;
using pawl::functions::http::test_request;
using pawl::functions::http::test_server;
using pawl::testing::contains;

TEST_CASE("core.http returns a redirect unless it follows redirects") {
  const test_server target{always(answer_with(200, "here"))};
  const test_server server{always(redirect_to(target.url("/new")))};
  const test_client client;
  CHECK(contains(client.failure({{"url", server.url()}}, "http_status"), "follow_redirects"));
  const auto got = client.good({{"url", server.url()}, {"accept_status", {302}}});
  CHECK(got["headers"]["location"] == target.url("/new"));
  CHECK(got["body"] == "gone");
  CHECK(target.requests().empty());

  const auto followed = client.good({{"url", server.url()}, {"follow_redirects", true}});
  CHECK(followed["url"] == target.url("/new"));
  CHECK(followed["body"] == "here");
}

TEST_CASE("core.http follows relative redirects, at most five") {
  const test_server server{[](const test_request& got, const test_connection&) {
    const auto left = std::stoi(got.target.substr(got.target.rfind('/') + 1));
    return left == 0 ? answer_with(200, "end") : redirect_to("../b/" + std::to_string(left - 1));
  }};
  const test_client client;
  const auto got = client.good({{"url", server.url("/a/5")}, {"follow_redirects", true}});
  CHECK(got["url"] == server.url("/b/0"));
  CHECK(server.requests().size() == 6);
  CHECK(contains(
      client.failure({{"url", server.url("/a/6")}, {"follow_redirects", true}}, "http_failed"),
      "redirected more than 5 times"));
}

TEST_CASE("the status of a redirect decides whether the method is kept") {
  const test_server server{[](const test_request& got, const test_connection&) {
    return got.target == "/" ? answer_with(200, "")
                             : redirect_to("/", std::stoi(got.target.substr(1)));
  }};
  const auto after = [&](int status, const std::string& method) {
    test_client{}.good({{"url", server.url("/" + std::to_string(status))},
                        {"method", method},
                        {"json", 1},
                        {"follow_redirects", true}});
    const auto got = server.requests().back();
    CHECK((got.headers.count("content-type") == 1) == !got.body.empty());
    return got.method + " " + got.body;
  };
  CHECK(after(301, "POST") == "GET ");
  CHECK(after(302, "POST") == "GET ");
  CHECK(after(303, "PUT") == "GET ");
  CHECK(after(302, "PUT") == "PUT 1");
  CHECK(after(307, "POST") == "POST 1");
  CHECK(after(308, "POST") == "POST 1");
}

TEST_CASE("core.http sends no possibly secret headers to another origin") {
  const test_server other{always(answer_with(200, ""))};
  const test_server server{[&](const test_request& got, const test_connection&) {
    return redirect_to(got.target == "/first" ? "/second" : other.url());
  }};
  test_client{}.good(
      {{"url", server.url("/first")},
       {"follow_redirects", true},
       {"headers", {{"Authorization", "s3cret"}, {"X-Api-Key", "s3cret"}, {"Accept", "a/b"}}}});
  CHECK(server.requests().at(1).headers.at("authorization") == "s3cret");
  const auto got = other.requests().at(0);
  CHECK_FALSE(contains(got.head, "s3cret"));
  CHECK(got.headers.at("accept") == "a/b");
  CHECK(got.headers.at("idempotency-key") == "run-1/node/1");
}

TEST_CASE(
    "core.http refuses redirects to other schemes, user names and hosts that are not allowed") {
  std::string location;
  const test_server server{
      [&](const test_request&, const test_connection&) { return redirect_to(location); }};
  const auto refused = [&](const std::string& to) {
    location = to;
    return test_client{}.failure({{"url", server.url()}, {"follow_redirects", true}},
                                 "http_not_allowed");
  };
  CHECK(contains(refused("file:///etc/passwd"), "not \"file\""));
  CHECK(contains(refused("http://ann:s3cret@127.0.0.1/"), "not contain a user name"));
  CHECK_FALSE(contains(refused("http://ann:s3cret@127.0.0.1/"), "s3cret"));
  CHECK(contains(refused("http://localhost:" + std::to_string(server.port()) + "/"),
                 "is not in http.allow_hosts"));
  CHECK(contains(refused("http://169.254.169.254/latest/meta-data"), "is not in http.allow_hosts"));
}

TEST_CASE("core.http calls a non-public address only if its host is named") {
  const test_server server{always(answer_with(200, ""))};
  const auto port = std::to_string(server.port());
  const test_client anyone{policy{}};
  for (const auto& host : {"127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "0x7f.1",
                           "[::ffff:127.0.0.1]", "10.0.0.1", "169.254.169.254", "[fe80::1]"}) {
    CAPTURE(host);
    const auto message = anyone.failure({{"url", "http://" + std::string{host} + ":" + port + "/"}},
                                        "http_not_allowed");
    CHECK(contains(message, "has no public address"));
    CHECK(contains(message, "http.allow_hosts in the configuration, as in '*,"));
  }
  CHECK(server.requests().empty());

  const auto url = "http://localhost:" + port + "/";
  policy rules;
  rules.allow_hosts = {"*", "localhost:" + port};
  CHECK(test_client{rules}.good({{"url", url}})["status"] == 200);
  rules.allow_hosts = {"localhost:1"};
  CHECK(contains(test_client{rules}.failure({{"url", url}}, "http_not_allowed"),
                 "add localhost:" + port + " to http.allow_hosts"));
  rules.allow_hosts = {};
  test_client{rules}.failure({{"url", url}}, "http_not_allowed");
}

TEST_CASE("core.http checks the addresses of redirects") {
  const test_server inner{always(answer_with(200, "secret"))};
  const test_server server{
      always(redirect_to("http://localhost:" + std::to_string(inner.port()) + "/"))};
  policy rules;
  rules.allow_hosts = {"*", "127.0.0.1:" + std::to_string(server.port())};
  CHECK(contains(test_client{rules}.failure({{"url", server.url()}, {"follow_redirects", true}},
                                            "http_not_allowed"),
                 "has no public address"));
  CHECK(inner.requests().empty());
}

TEST_CASE("core.http uses no proxy from the environment") {
  const test_server proxy{always(answer_with(200, "proxy"))};
  const test_server server{always(answer_with(200, "server"))};
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  const auto got = test_client{}.good({{"url", server.url()}});
  ::unsetenv("http_proxy");
  CHECK(got["body"] == "server");
}
