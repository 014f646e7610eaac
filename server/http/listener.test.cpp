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

TEST_CASE("A connection serves one request after another") {
  test_listener server;
  auto client = server.connect();
  for (int i = 0; i < 100; ++i) {
    const auto answer = client.get("/" + std::to_string(i) + "?q=1");
    REQUIRE(answer.status == 200);
    CHECK(answer.body == "GET /" + std::to_string(i) + "?q=1 ");
  }
  CHECK(client.post("/x", "body").body == "POST /x body");
  CHECK(client.post("/x", std::string(2'000'000, 'b')).body.size() == 2'000'000 + 8);
  CHECK(server->numbers().requests == 102);
  CHECK(server->numbers().connections == 1);
}

TEST_CASE("Answers have a date, an id of the request and the security headers") {
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

TEST_CASE("HTTP/1.0 and Connection: close end the connection after the answer") {
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

TEST_CASE("A HEAD request is answered without body and with its length") {
  test_listener server;
  auto client = server.connect();
  client.send("HEAD /abc HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto answer = client.read_answer(false);
  CHECK(answer.status == 200);
  CHECK(answer.header("content-length") == "10");
  CHECK(client.get("/next").body == "GET /next ");
}

TEST_CASE("A client that waits for 100 Continue gets it, and may send its body") {
  test_listener server;
  auto client = server.connect();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  CHECK(client.read_answer().status == 100);
  client.send("body");
  CHECK(client.read_answer().body == "POST / body");
}

TEST_CASE("Requests that come at once are answered in order, whoever is ready first") {
  kept_exchanges kept;
  test_listener server{[&](request what, std::shared_ptr<exchange> answer) {
    if (what.path == "/later") return kept.add(std::move(answer));
    echo(std::move(what), std::move(answer));
  }};
  auto client = server.connect();
  std::string requests;
  for (const char* const path : {"/later", "/a", "/later", "/b"})
    requests += std::string{"GET "} + path + " HTTP/1.1\r\nHost: h\r\n\r\n";
  client.send(requests);
  const auto first = kept.wait_for(0), third = kept.wait_for(1);
  REQUIRE(third);
  third->respond({.status = 200, .fields = {}, .body = "third"});
  first->respond({.status = 200, .fields = {}, .body = "first"});
  for (const char* const body : {"first", "GET /a ", "third", "GET /b "})
    CHECK(client.read_answer().body == body);
}

TEST_CASE("A request that changes something waits for those before it, and is waited for") {
  kept_exchanges kept;
  test_listener server{
      [&](request, std::shared_ptr<exchange> answer) { kept.add(std::move(answer)); }};
  auto client = server.connect();
  const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  client.send(get + get + "DELETE / HTTP/1.1\r\nHost: h\r\n\r\n" + get);
  const auto first = kept.wait_for(0), second = kept.wait_for(1);
  REQUIRE(second);
  first->respond({.status = 201});
  CHECK(client.read_answer().status == 201);
  CHECK(kept.count() == 2);
  second->respond({.status = 202});
  const auto third = kept.wait_for(2);
  REQUIRE(third);
  CHECK(client.read_answer().status == 202);
  CHECK(kept.count() == 3);
  third->respond({.status = 204});
  const auto fourth = kept.wait_for(3);
  REQUIRE(fourth);
  fourth->respond({.status = 200});
  CHECK(client.read_answer().status == 204);
  CHECK(client.read_answer().status == 200);
}

TEST_CASE("An exchange that is dropped unanswered is answered with 500") {
  test_listener server{[](request, std::shared_ptr<exchange>) {}};
  auto client = server.connect();
  const auto answer = client.get("/");
  CHECK(answer.status == 500);
  CHECK(contains(answer.body, "\"code\":\"internal\""));
  CHECK(contains(answer.body, answer.header("request-id")));
  CHECK(client.get("/").status == 500);
}

TEST_CASE("Answers may come from any thread, later, for many connections at once") {
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

TEST_CASE("Five hundred connections are served at once") {
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
  CHECK(server->numbers().connections == 500);
  clients.clear();
  CHECK(comes_true([&] { return server->numbers().connections == 0; }));
}

TEST_CASE("What is malformed is answered with a problem, and the connection closed") {
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

TEST_CASE("Answers before a malformed request are still given") {
  test_listener server;
  auto client = server.connect();
  client.send("GET /good HTTP/1.1\r\nHost: h\r\n\r\nrubbish\r\n\r\n");
  CHECK(client.read_answer().body == "GET /good ");
  CHECK(client.read_answer().status == 400);
  CHECK(client.is_at_end());
}

TEST_CASE("A client that sends no more still gets its answers") {
  kept_exchanges kept;
  test_listener server{
      [&](request, std::shared_ptr<exchange> answer) { kept.add(std::move(answer)); }};
  auto client = server.connect();
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  client.end_sending();
  const auto one = kept.wait_for(0);
  REQUIRE(one);
  one->respond({.status = 200, .fields = {}, .body = "late"});
  CHECK(client.read_answer().body == "late");
  CHECK(client.is_at_end());
}

TEST_CASE("Bodies come and go compressed") {
  test_listener server;
  auto client = server.connect();
  const std::string text(100'000, 'x');
  const auto answer =
      client.post("/", gzip(text), "Content-Encoding: gzip\r\nAccept-Encoding: gzip\r\n");
  CHECK(answer.header("content-encoding") == "gzip");
  CHECK(answer.body.size() < 10'000);
  CHECK(*decompress(answer.body, coding::gzip, 1'000'000) == "POST / " + text);
}

TEST_CASE("Pages of foreign origins are turned away, those that are named let in") {
  server_settings s;
  s.cors_origins = {"https://app.example"};
  test_listener server{echo, s};
  auto client = server.connect();
  CHECK(client.get("/", "Origin: https://evil.example\r\n").status == 403);
  CHECK(client.get("/", "Origin: http://test\r\n").status == 200);
  const auto let_in = client.get("/", "Origin: https://app.example\r\n");
  CHECK(let_in.status == 200);
  CHECK(let_in.header("access-control-allow-origin") == "https://app.example");
  CHECK(contains(let_in.header("vary"), "Origin"));

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

TEST_CASE("The observer is told of each request once it is over") {
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
  REQUIRE(comes_true([&] { return server.finished().size() == 2; }));
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
  CHECK(comes_true([&] { return server->numbers().in_flight == 0; }));
}

TEST_CASE("A request whose peer has gone is told of as 499") {
  kept_exchanges kept;
  test_listener server{
      [&](request, std::shared_ptr<exchange> answer) { kept.add(std::move(answer)); }};
  {
    auto client = server.connect();
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto one = kept.wait_for(0);
    REQUIRE(one);
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    client.close();
    REQUIRE(comes_true([&] { return server.finished().size() == 1; }));
  }
  CHECK(server.finished()[0].status == 499);
}

TEST_CASE("A listener says what is wrong with its settings") {
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

TEST_CASE("A listener listens on several addresses") {
  server_settings s;
  s.listen = {"127.0.0.1:0", "127.0.0.1:0"};
  test_listener server{echo, s};
  REQUIRE(server->addresses().size() == 2);
  CHECK(server->addresses()[0] != server->addresses()[1]);
  for (const auto& address : server->addresses())
    CHECK(test_client{address}.get("/").status == 200);
}
