#include "server/http/listener.hpp"

#include <sys/resource.h>

#include <set>
#include <thread>

#include "server/http/content_coding.hpp"
#include "server/http/test_listener.hpp"
#include "tests/support/text.hpp"

using namespace pawl::server::http;
using namespace pawl::server::http::testing;
using pawl::server_settings;
using pawl::testing::contains;

TEST_CASE("A connection serves several requests") {
  test_listener server;
  auto client = server.connect();
  for (int i = 0; i < 100; ++i) {
    const auto answer = client.get("/" + std::to_string(i) + "?q=1");
    REQUIRE(answer.status == 200);
    CHECK(answer.body == "GET /" + std::to_string(i) + "?q=1 ");
  }
  CHECK(client.post("/x", "body").body == "POST /x body");
  CHECK(client.post("/x", std::string(2'000'000, 'b')).body.size() == 2'000'000 + 8);
  CHECK(server->stats().requests == 102);
  CHECK(server->stats().connections == 1);
}

TEST_CASE("Responses have a date, a request id and security headers") {
  test_listener server;
  auto client = server.connect();
  std::set<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.get("/");
    CHECK(contains(answer.header("date"), " GMT"));
    CHECK(answer.header("x-content-type-options") == "nosniff");
    CHECK_FALSE(answer.header("request-id").empty());
    CHECK(answer.headers.count("access-control-allow-origin") == 0);
    ids.insert(answer.header("request-id"));
  }
  CHECK(ids.size() == 3);
  CHECK(client.get("/", "Request-Id: my-Id-7\r\n").header("request-id") == "my-Id-7");
  const std::vector<std::string> wrong = {"", "a b", "a_b", std::string(65, 'x'), "a\"b"};
  for (const std::string& bad : wrong) {
    CAPTURE(bad);
    CHECK(client.get("/", "Request-Id: " + bad + "\r\n").header("request-id") != bad);
  }
}

TEST_CASE("HTTP/1.0 and Connection: close end the connection after the response") {
  test_listener server;
  for (const std::string request :
       {"GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"}) {
    auto client = server.connect();
    client.send(request);
    const auto answer = client.read_answer();
    CHECK(answer.status == 200);
    CHECK(answer.header("connection") == "close");
    CHECK(client.is_at_end());
  }
  auto client = server.connect();
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(client.read_answer().header("connection") == "keep-alive");
  CHECK(client.get("/").status == 200);
}

TEST_CASE("A HEAD request is answered with the length but without the body") {
  test_listener server;
  auto client = server.connect();
  client.send("HEAD /abc HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto answer = client.read_answer(false);
  CHECK(answer.status == 200);
  CHECK(answer.header("content-length") == "10");
  CHECK(client.get("/next").body == "GET /next ");
}

TEST_CASE("A client that expects 100 Continue receives it before sending its body") {
  test_listener server;
  auto client = server.connect();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  CHECK(client.read_answer().status == 100);
  client.send("body");
  CHECK(client.read_answer().body == "POST / body");
}

TEST_CASE("Pipelined requests are answered in order, whichever answer is ready first") {
  saved_exchanges saved;
  test_listener server{[&](request what, std::shared_ptr<exchange> answer) {
    if (what.path == "/later") return saved.add(std::move(answer));
    echo(std::move(what), std::move(answer));
  }};
  auto client = server.connect();
  std::string requests;
  for (const char* const path : {"/later", "/a", "/later", "/b"})
    requests += std::string{"GET "} + path + " HTTP/1.1\r\nHost: h\r\n\r\n";
  client.send(requests);
  const auto first = saved.wait_for(0), third = saved.wait_for(1);
  REQUIRE(third);
  third->respond({.status = 200, .fields = {}, .body = "third"});
  first->respond({.status = 200, .fields = {}, .body = "first"});
  for (const char* const body : {"first", "GET /a ", "third", "GET /b "})
    CHECK(client.read_answer().body == body);
}

TEST_CASE("A pipelined unsafe request runs alone") {
  saved_exchanges saved;
  test_listener server{
      [&](request, std::shared_ptr<exchange> answer) { saved.add(std::move(answer)); }};
  auto client = server.connect();
  const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  client.send(get + get + "DELETE / HTTP/1.1\r\nHost: h\r\n\r\n" + get);
  const auto first = saved.wait_for(0), second = saved.wait_for(1);
  REQUIRE(second);
  first->respond({.status = 201});
  CHECK(client.read_answer().status == 201);
  CHECK(saved.count() == 2);
  second->respond({.status = 202});
  const auto third = saved.wait_for(2);
  REQUIRE(third);
  CHECK(client.read_answer().status == 202);
  CHECK(saved.count() == 3);
  third->respond({.status = 204});
  const auto fourth = saved.wait_for(3);
  REQUIRE(fourth);
  fourth->respond({.status = 200});
  CHECK(client.read_answer().status == 204);
  CHECK(client.read_answer().status == 200);
}

TEST_CASE("An exchange destroyed without an answer is answered with 500") {
  test_listener server{[](request, std::shared_ptr<exchange>) {}};
  auto client = server.connect();
  const auto answer = client.get("/");
  CHECK(answer.status == 500);
  CHECK(contains(answer.body, "\"code\":\"internal\""));
  CHECK(contains(answer.body, answer.header("request-id")));
  CHECK(client.get("/").status == 500);
}

TEST_CASE("Handlers can answer later, from any thread, for many connections") {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::shared_ptr<exchange>> waiting;
  bool ended = false;
  std::jthread answering{[&] {
    std::unique_lock lock{mutex};
    while (true) {
      changed.wait(lock, [&] { return ended || !waiting.empty(); });
      if (waiting.empty()) return;
      auto taken = std::exchange(waiting, {});
      lock.unlock();
      for (const auto& one : taken) one->respond({.status = 200, .fields = {}, .body = "later"});
      lock.lock();
    }
  }};
  test_listener server{[&](request, std::shared_ptr<exchange> answer) {
    const std::lock_guard lock{mutex};
    waiting.push_back(std::move(answer));
    changed.notify_one();
  }};
  std::vector<test_client> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(server.connect());
  for (int round = 0; round < 20; ++round) {
    for (auto& client : clients) client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    for (auto& client : clients) CHECK(client.read_answer().body == "later");
  }
  {
    const std::lock_guard lock{mutex};
    ended = true;
  }
  changed.notify_one();
}

TEST_CASE("500 connections are served concurrently") {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  if (limit.rlim_cur < 1'200 && limit.rlim_max >= 1'200) {
    limit.rlim_cur = 1'200;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  }
  test_listener server;
  std::vector<test_client> clients;
  for (int i = 0; i < 500; ++i) clients.push_back(server.connect());
  for (auto& client : clients) REQUIRE(client.send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n"));
  for (auto& client : clients) CHECK(client.read_answer().status == 200);
  CHECK(server->stats().connections == 500);
  clients.clear();
  CHECK(eventually([&] { return server->stats().connections == 0; }));
}

TEST_CASE("A malformed request is answered with a problem and the connection closes") {
  test_listener server;
  auto client = server.connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto answer = client.read_answer();
  CHECK(answer.status == 400);
  CHECK(answer.header("content-type") == "application/problem+json");
  CHECK(answer.header("connection") == "close");
  CHECK(contains(answer.body, "\"code\":\"invalid_argument\""));
  CHECK(contains(answer.body, "\"type\":\"urn:pawl:error:invalid_argument\""));
  CHECK(contains(answer.body, answer.header("request-id")));
  CHECK(client.is_at_end());
  CHECK(server.connect().get("/").status == 200);
}

TEST_CASE("Requests before a malformed one are still answered") {
  test_listener server;
  auto client = server.connect();
  client.send("GET /good HTTP/1.1\r\nHost: h\r\n\r\nrubbish\r\n\r\n");
  CHECK(client.read_answer().body == "GET /good ");
  CHECK(client.read_answer().status == 400);
  CHECK(client.is_at_end());
}

TEST_CASE("A client that shuts down its sending side still gets its answers") {
  saved_exchanges saved;
  test_listener server{
      [&](request, std::shared_ptr<exchange> answer) { saved.add(std::move(answer)); }};
  auto client = server.connect();
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  client.end_sending();
  const auto one = saved.wait_for(0);
  REQUIRE(one);
  one->respond({.status = 200, .fields = {}, .body = "late"});
  CHECK(client.read_answer().body == "late");
  CHECK(client.is_at_end());
}

TEST_CASE("Request and response bodies can be compressed") {
  test_listener server;
  auto client = server.connect();
  const std::string text(100'000, 'x');
  const auto answer =
      client.post("/", gzip(text), "Content-Encoding: gzip\r\nAccept-Encoding: gzip\r\n");
  CHECK(answer.header("content-encoding") == "gzip");
  CHECK(answer.body.size() < 10'000);
  CHECK(*decompress(answer.body, coding::gzip, 1'000'000) == "POST / " + text);
}

TEST_CASE("Pages of foreign origins are refused, those of allowed origins accepted") {
  server_settings s;
  s.cors_origins = {"https://app.example"};
  test_listener server{echo, s};
  auto client = server.connect();
  CHECK(client.get("/", "Origin: https://evil.example\r\n").status == 403);
  CHECK(client.get("/", "Origin: http://test\r\n").status == 200);
  const auto allowed = client.get("/", "Origin: https://app.example\r\n");
  CHECK(allowed.status == 200);
  CHECK(allowed.header("access-control-allow-origin") == "https://app.example");
  CHECK(contains(allowed.header("vary"), "Origin"));

  const std::string asks = "Access-Control-Request-Method: POST\r\n";
  const std::string begin = "OPTIONS / HTTP/1.1\r\nHost: test\r\n" + asks + "Origin: ";
  client.send(begin + "https://app.example\r\n\r\n");
  const auto preflight = client.read_answer();
  CHECK(preflight.status == 204);
  CHECK(contains(preflight.header("access-control-allow-headers"), "Authorization"));
  CHECK(contains(preflight.header("access-control-allow-methods"), "POST"));
  client.send(begin + "https://evil.example\r\n\r\n");
  CHECK(client.read_answer().status == 403);
}

TEST_CASE("The observer is called once for each finished request") {
  test_listener server{[](request what, std::shared_ptr<exchange> answer) {
    answer->set_route("/things/{id}");
    echo(std::move(what), std::move(answer));
  }};
  {
    auto client = server.connect();
    client.post("/things/7", "12345", "Request-Id: abc\r\n");
    client.send("rubbish\r\n\r\n");
    client.read_all();
  }
  REQUIRE(eventually([&] { return server.finished().size() == 2; }));
  const auto first = server.finished()[0];
  CHECK(first.method == "POST");
  CHECK(first.route == "/things/{id}");
  CHECK(first.status == 200);
  CHECK(first.bytes_in > 60);
  CHECK(first.bytes_out > 100);
  CHECK(first.duration.count() > 0);
  CHECK(first.request_id == "abc");
  CHECK(first.peer == "127.0.0.1");
  CHECK(server.finished()[1].status == 400);
  CHECK(eventually([&] { return server->stats().in_flight == 0; }));
}

TEST_CASE("A request whose client disconnects is observed with status 499") {
  saved_exchanges saved;
  test_listener server{
      [&](request, std::shared_ptr<exchange> answer) { saved.add(std::move(answer)); }};
  {
    auto client = server.connect();
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto one = saved.wait_for(0);
    REQUIRE(one);
    const linger immediately{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &immediately, sizeof immediately);
    client.close();
    REQUIRE(eventually([&] { return server.finished().size() == 1; }));
  }
  CHECK(server.finished()[0].status == 499);
}

TEST_CASE("A listener reports invalid settings") {
  function_handler handler{echo};
  const auto open = [&](server_settings s) {
    return listener::open({.settings = std::move(s),
                           .handler = handler,
                           .logger = std::make_shared<spdlog::logger>("test")});
  };
  server_settings s;
  s.listen = {"nowhere:1"};
  CHECK(open(s).error().code == pawl::errc::invalid_argument);
  s.listen = {};
  CHECK(open(s).error().code == pawl::errc::invalid_argument);
  test_listener other;
  s.listen = {other.address()};
  const auto taken = open(s);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code == pawl::errc::locked);
  CHECK(contains(taken.error().message, other.address()));
}

TEST_CASE("A listener can listen on several addresses") {
  server_settings s;
  s.listen = {"127.0.0.1:0", "127.0.0.1:0"};
  test_listener server{echo, s};
  REQUIRE(server->addresses().size() == 2);
  CHECK(server->addresses()[0] != server->addresses()[1]);
  for (const auto& address : server->addresses())
    CHECK(test_client{address}.get("/").status == 200);
}
