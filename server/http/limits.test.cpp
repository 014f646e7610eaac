#include <fcntl.h>
#include <sys/resource.h>

#include "server/http/content_coding.hpp"
#include "server/http/test_listener.hpp"
#include "tests/support/text.hpp"

using namespace pawl::server::http;
using namespace pawl::server::http::testing;
using pawl::server_settings;
using pawl::testing::contains;
using std::chrono::milliseconds;

namespace {

const std::string get_request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

}  // namespace

TEST_CASE("A body beyond the limit is answered 413 before it is received") {
  server_settings s;
  s.max_body_bytes = 10'000;
  test_listener server{echo, s};
  auto with_length = server.connect();
  with_length.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10001\r\n\r\n");
  const auto answer = with_length.read_answer();
  CHECK(answer.status == 413);
  CHECK(contains(answer.body, "\"code\":\"body_too_large\""));
  CHECK(answer.header("connection") == "close");

  auto chunked = server.connect();
  chunked.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2711\r\n");
  CHECK(chunked.read_answer().status == 413);

  auto bomb = server.connect();
  CHECK(bomb.post("/", gzip(std::string(10'001, 'x')), "Content-Encoding: gzip\r\n").status == 413);

  CHECK(server.connect().post("/", std::string(10'000, 'x')).status == 200);
}

TEST_CASE("A client that sends its whole body anyway can read the refusal") {
  server_settings s;
  s.max_body_bytes = 10'000;
  test_listener server{echo, s};
  auto client = server.connect();
  const std::string body(200'000, 'x');
  CHECK(client.post("/", body).status == 413);
}

TEST_CASE("A URL, head or field count beyond its limit is answered 414 or 431") {
  server_settings s;
  s.max_url_bytes = 300;
  s.max_header_bytes = 2'000;
  s.max_header_fields = 8;
  test_listener server{echo, s};
  CHECK(server.connect().get("/" + std::string(300, 'x')).status == 414);
  CHECK(server.connect().get("/" + std::string(5'000, 'x')).status == 414);
  CHECK(server.connect().get("/", "X: " + std::string(2'000, 'x') + "\r\n").status == 431);
  std::string many;
  for (int i = 0; i < 8; ++i) many += "X: y\r\n";
  CHECK(server.connect().get("/", many).status == 431);
  CHECK(server.connect().get("/" + std::string(299, 'x')).status == 200);
}

TEST_CASE("A connection beyond the limit is answered 503 until another one closes") {
  server_settings s;
  s.max_connections = 2;
  test_listener server{echo, s};
  auto first = server.connect(), second = server.connect();
  CHECK(first.get("/").status == 200);
  CHECK(second.get("/").status == 200);
  for (int i = 0; i < 100; ++i) {
    const auto answer = server.connect().get("/");
    CHECK(answer.status == 503);
    CHECK(answer.header("retry-after") == "1");
    CHECK(contains(answer.body, "\"code\":\"unavailable\""));
  }
  CHECK(server->stats().refused == 100);
  CHECK(first.get("/").status == 200);
  second.close();
  REQUIRE(eventually([&] { return server->stats().connections == 1; }));
  CHECK(server.connect().get("/").status == 200);
}

TEST_CASE("An idle connection is closed after the idle timeout") {
  server_settings s;
  s.idle_timeout_ms = milliseconds{400};
  test_listener server{echo, s};
  auto silent = server.connect();
  CHECK(silent.is_at_end());
  auto after_one = server.connect();
  CHECK(after_one.get("/").status == 200);
  CHECK(after_one.is_at_end());
}

TEST_CASE("The idle timeout does not apply to a pending request") {
  server_settings s;
  s.idle_timeout_ms = milliseconds{300};
  s.header_timeout_ms = milliseconds{300};
  saved_exchanges saved;
  test_listener server{
      [&](request, std::shared_ptr<exchange> answer) { saved.add(std::move(answer)); }, s};
  auto client = server.connect();
  client.send(get_request);
  const auto one = saved.wait_for(0);
  REQUIRE(one);
  // The idle timeout of other connections expires meanwhile.
  CHECK(server.connect().is_at_end());
  CHECK(server.connect().is_at_end());
  one->respond({.status = 200});
  CHECK(client.read_answer().status == 200);
}

TEST_CASE("An incomplete head is answered 408") {
  server_settings s;
  s.header_timeout_ms = milliseconds{80};
  test_listener server{echo, s};
  auto client = server.connect();
  client.send("GET / HTTP/1.1\r\nHo");
  const auto answer = client.read_answer();
  CHECK(answer.status == 408);
  CHECK(contains(answer.body, "\"code\":\"timed_out\""));
  CHECK(client.is_at_end());
}

TEST_CASE("Sending a head byte by byte does not extend the timeout") {
  server_settings s;
  s.header_timeout_ms = milliseconds{100};
  s.idle_timeout_ms = milliseconds{60'000};
  test_listener server{echo, s};
  auto client = server.connect();
  const std::string begin = "GET / HTTP/1.1\r\nX: ";
  client.send(begin);
  // Each byte arrives well within the timeout.
  CHECK(eventually([&] {
    client.send("x");
    char unread = 0;
    return ::recv(client.fd(), &unread, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
  }));
  const unsigned status = client.read_answer().status;
  // A fast sender may reach the size limit of the head before the timeout.
  CHECK((status == 408 || status == 431));
}

TEST_CASE("An incomplete body is answered 408") {
  server_settings s;
  s.body_timeout_ms = milliseconds{80};
  test_listener server{echo, s};
  auto client = server.connect();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
  CHECK(client.read_answer().status == 408);
  CHECK(client.is_at_end());
}

TEST_CASE("A connection whose peer does not read is closed after the write timeout") {
  server_settings s;
  s.write_timeout_ms = milliseconds{100};
  test_listener server{
      [](request, std::shared_ptr<exchange> answer) {
        answer->respond({.status = 200, .fields = {}, .body = std::string(20'000'000, 'x')});
      },
      s};
  auto client = server.connect(4'096);
  client.send(get_request);
  CHECK(eventually([&] { return server.finished().size() == 1; }));
  CHECK(eventually([&] { return server->stats().connections == 0; }));
  CHECK(client.read_all().size() < 20'000'000);
}

TEST_CASE("Pipelined requests per connection are limited") {
  server_settings s;
  s.max_pipelined = 3;
  saved_exchanges saved;
  test_listener server{
      [&](request, std::shared_ptr<exchange> answer) { saved.add(std::move(answer)); }, s};
  auto client = server.connect();
  std::string requests;
  for (int i = 0; i < 10; ++i) requests += get_request;
  client.send(requests);
  for (std::size_t i = 0; i < 10; ++i) {
    const auto one = saved.wait_for(i);
    REQUIRE(one);
    CHECK(server->stats().in_flight <= 3);
    one->respond({.status = 200, .fields = {}, .body = std::to_string(i)});
    CHECK(client.read_answer().body == std::to_string(i));
  }
}

TEST_CASE("The memory for requests being read is limited over all connections") {
  server_settings s;
  s.max_pending_bytes = 200'000;
  test_listener server{echo, s};
  auto first = server.connect();
  first.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 90001\r\n\r\n" +
             std::string(90'000, 'x'));
  REQUIRE(eventually([&] { return server->stats().pending_bytes >= 90'000; }));
  CHECK(server.connect().post("/", std::string(20'000, 'x')).status == 503);
  CHECK(server.connect().get("/").status == 200);
  first.send("x");
  CHECK(first.read_answer().status == 200);
  CHECK(server.connect().post("/", std::string(20'000, 'x')).status == 200);
  CHECK(server->stats().pending_bytes == 0);
}

TEST_CASE("Connections wait while no file descriptors are free") {
  test_listener server;
  auto before = server.connect();
  CHECK(before.get("/").status == 200);
  auto client = server.connect();
  CHECK(client.get("/").status == 200);
  client.close();
  REQUIRE(eventually([&] { return server->stats().connections == 1; }));

  std::vector<pawl::functions::unique_fd> all;
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlimit low{.rlim_cur = 200, .rlim_max = limit.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  while (true) {
    pawl::functions::unique_fd one{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    if (!one) break;
    all.push_back(std::move(one));
  }
  REQUIRE_FALSE(all.empty());
  all.pop_back();  // for the client's own socket
  auto waiting = server.connect();
  CHECK(waiting.is_connected());
  CHECK(before.get("/").status == 200);
  CHECK(server->stats().connections == 1);
  all.clear();
  CHECK(waiting.get("/").status == 200);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
}
