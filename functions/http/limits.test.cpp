#include <atomic>
#include <chrono>
#include <thread>

#include "functions/http/test_client.hpp"
#include "functions/http/test_server.hpp"
#include "tests/support/text.hpp"

using namespace std::chrono_literals;
using pawl::json;
using pawl::functions::step_with;
using pawl::functions::http::always;
using pawl::functions::http::answer_with;
using pawl::functions::http::loopback_policy;
using pawl::functions::http::policy;
using pawl::functions::http::redirect_to;
using pawl::functions::http::test_client;
using pawl::functions::http::test_connection;
using pawl::functions::http::test_request;
using pawl::functions::http::test_server;
using pawl::testing::contains;

namespace {

using http_clock = std::chrono::steady_clock;

/// Returns an address of 127.0.0.1 with a closed port.
std::string closed_address() {
  const test_server server{always("")};
  return server.address();
}

/// A port whose connections are accepted by the kernel but not served.
class silent_port {
 public:
  silent_port() {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const generic = reinterpret_cast<sockaddr*>(&any);
    socklen_t size = sizeof any;
    REQUIRE(::bind(listening_.get(), generic, size) == 0);
    REQUIRE(::listen(listening_.get(), 8) == 0);
    REQUIRE(::getsockname(listening_.get(), generic, &size) == 0);
    port_ = ntohs(any.sin_port);
  }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  pawl::functions::unique_fd listening_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::uint16_t port_ = 0;
};

}  // namespace

TEST_CASE("core.http times out if the server is too slow") {
  const test_server silent{[](const test_request&, const test_connection& c) {
    c.wait_for_end();
    return std::string{};
  }};
  const test_server slow{[](const test_request&, const test_connection& c) {
    c.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    c.wait_for_end();
    return std::string{};
  }};
  const test_client client;
  const auto before = http_clock::now();
  CHECK(contains(client.failure({{"url", silent.url()}, {"timeout_ms", 50}}, "timed_out"),
                 "timed out before a response arrived"));
  CHECK(contains(client.failure({{"url", slow.url()}, {"timeout_ms", 1000}}, "timed_out"),
                 "before the response was complete"));
  CHECK(http_clock::now() - before >= 1050ms);
  CHECK(http_clock::now() - before < 20s);
  policy rules = loopback_policy();
  rules.timeout = 50ms;
  test_client{rules}.failure({{"url", silent.url()}}, "timed_out");
}

TEST_CASE("the time-out of core.http includes redirects") {
  const test_server server{[](const test_request&, const test_connection&) {
    std::this_thread::sleep_for(40ms);  // a slow server is what is tested
    return redirect_to("/");
  }};
  test_client{}.failure({{"url", server.url()}, {"timeout_ms", 100}, {"follow_redirects", true}},
                        "timed_out");
}

TEST_CASE("core.http ends soon after its step is stopped") {
  std::atomic<bool> reached = false;
  const test_server server{[&](const test_request&, const test_connection& c) {
    reached = true;
    reached.notify_all();
    c.wait_for_end();
    return std::string{};
  }};
  const test_client client;
  auto step = step_with({{"url", server.url()}});
  http_clock::time_point stopped_at;
  std::jthread stopper{[&] {
    reached.wait(false);
    stopped_at = http_clock::now();
    step.stop.request_stop();
  }};
  const auto got = client.call(step);
  const auto took = http_clock::now() - stopped_at;
  REQUIRE_FALSE(got);
  CHECK(got.error().type == "cancelled");
  CHECK(took < 5s);  // of the 30 s it may take

  // A step that is stopped first does not start.
  CHECK(client.call(step).error().type == "cancelled");
  CHECK(server.requests().size() == 1);
}

TEST_CASE("core.http aborts a body that is too large") {
  std::atomic<std::size_t> sent = 0;
  const test_server endless{[&](const test_request&, const test_connection& c) {
    c.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n");
    while (c.send(std::string(64 * 1024, 'x'))) sent += 64 * 1024;
    return std::string{};
  }};
  policy rules = loopback_policy();
  rules.max_response_bytes = 100'000;
  CHECK(contains(test_client{rules}.failure({{"url", endless.url()}}, "too_large"),
                 "more than 100000 bytes"));
  CHECK(
      contains(test_client{rules}.failure({{"url", endless.url()}, {"max_bytes", 10}}, "too_large"),
               "more than 10 bytes"));
  test_client{rules}.failure({{"url", endless.url()}, {"max_bytes", 100'001}}, "invalid_arguments");
  CHECK(sent < 100'000'000);  // the rest was in buffers of the system

  const test_server exact{always(answer_with(200, "0123456789"))};
  CHECK(test_client{rules}.good({{"url", exact.url()}, {"max_bytes", 10}})["body"] == "0123456789");
  test_client{rules}.failure({{"url", exact.url()}, {"max_bytes", 9}}, "too_large");
}

TEST_CASE("core.http aborts headers that are too large") {
  const test_client client;
  const auto with = [](const std::string& line, const std::string& first = "HTTP/1.1 200 OK\r\n") {
    return [line, first](const test_request&, const test_connection& c) {
      c.send(first);
      while (c.send(line)) {
      }
      return std::string{};
    };
  };
  const test_server lines{with("X-Header: " + std::string(1000, 'x') + "\r\n")};
  CHECK(
      contains(client.failure({{"url", lines.url()}}, "too_large"), "headers of more than 65536"));
  const test_server line{with(std::string(1000, 'x'))};
  client.failure({{"url", line.url()}}, "too_large");
  // Endless interim responses, each of them small.
  const test_server interim{with("HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n", "")};
  client.failure({{"url", interim.url()}}, "too_large");
}

TEST_CASE("core.http reports an invalid or truncated response") {
  const test_client client;
  // Not "HTTP/1.1 2000": newer versions of the library read 200 there.
  for (const char* bytes : {"", "hello\r\n", "HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 abc\r\n\r\n",
                            "HTTP/1.1", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
                            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\nx",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"}) {
    CAPTURE(bytes);
    const test_server server{always(bytes)};
    CHECK(contains(client.failure({{"url", server.url()}}, "http_failed"),
                   "GET " + server.url() + " failed: "));
  }
}

TEST_CASE("core.http reports a failed connection") {
  const test_client client;
  CHECK(contains(
      client.failure({{"url", "http://" + closed_address() + "/a?b=s3cret"}}, "http_connect"),
      "/a failed: no connection: "));
  policy rules;
  rules.allow_hosts = {"*"};
  client.failure({{"url", "http://no-such-host.invalid/"}}, "http_not_allowed");
  test_client{rules}.failure({{"url", "http://no-such-host.invalid/"}}, "http_connect");
}

TEST_CASE("core.http times out on a host that accepts connections and sends nothing") {
  const silent_port port;
  policy rules = loopback_policy();
  rules.connect_timeout = 50ms;
  const json args{{"url", "https://" + port.address() + "/"}};
  CHECK(contains(test_client{rules}.failure(args, "http_connect"), "no connection within 50 ms"));
  rules.connect_timeout = 10s;
  rules.timeout = 50ms;
  test_client{rules}.failure(args, "timed_out");
}

TEST_CASE("core.http reports a TLS connection to a server without TLS") {
  const test_server server{always(answer_with(200, ""))};
  test_client{}.failure({{"url", "https://" + server.address() + "/"}}, "http_tls");
}

TEST_CASE("an error of core.http leaves doubt only if the server may have got the request") {
  const auto leaves_doubt = [](json args) {
    const auto got = test_client{}.call(std::move(args));
    REQUIRE_FALSE(got);
    INFO(got.error().type << ": " << got.error().message);
    return got.error().details != nullptr && got.error().details->value("in_doubt", false);
  };
  const auto post = [](const std::string& url, json more = json::object()) {
    more["url"] = url;
    more["method"] = "POST";
    more["json"] = {{"amount", 7}};
    return more;
  };
  const test_server silent{[](const test_request&, const test_connection& c) {
    c.wait_for_end();
    return std::string{};
  }};
  const test_server hangs_up{[](const test_request&, const test_connection& c) {
    c.shut_down();
    return std::string{};
  }};
  const test_server long_answer{always(answer_with(200, std::string(2'000, 'x')))};
  const test_server garbled{always("what is this\r\n\r\n")};
  const test_server bad_json{
      always(answer_with(200, "{\"cut", "Content-Type: application/json\r\n"))};
  const test_server refuses{always(answer_with(409, "no"))};
  CHECK(leaves_doubt(post(silent.url(), {{"timeout_ms", 50}})));
  CHECK(leaves_doubt(post(hangs_up.url())));
  CHECK(leaves_doubt(post(long_answer.url(), {{"max_bytes", 1'000}})));
  CHECK(leaves_doubt(post(garbled.url())));
  CHECK(leaves_doubt(post(bad_json.url())));

  CHECK_FALSE(leaves_doubt(post(refuses.url())));
  CHECK_FALSE(leaves_doubt(post("http://" + closed_address() + "/")));
  CHECK_FALSE(leaves_doubt(post("http://127.0.0.2:1/")));  // not allowed
  CHECK_FALSE(leaves_doubt(post("ftp://127.0.0.1/")));
}

TEST_CASE("after a redirect each error of core.http leaves doubt") {
  const test_server server{[](const test_request& got, const test_connection&) {
    return got.method == "POST" ? redirect_to("/receipt") : answer_with(500, "broken");
  }};
  const auto got = test_client{}.call(
      json{{"url", server.url()}, {"method", "POST"}, {"follow_redirects", true}});
  REQUIRE_FALSE(got);
  CHECK(got.error().type == "http_status");
  CHECK(got.error().details->value("in_doubt", false));
}
