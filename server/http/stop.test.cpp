#include <atomic>
#include <thread>

#include "server/http/test_listener.hpp"
#include "tests/support/text.hpp"

using namespace pawl::server::http;
using namespace pawl::server::http::testing;
using pawl::testing::contains;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

const std::string plain_get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

}  // namespace

TEST_CASE("stop() answers the pending requests, closes the other connections and returns") {
  saved_exchanges saved;
  test_listener server{
      [&](request, std::shared_ptr<exchange> answer) { saved.add(std::move(answer)); }};
  auto idle = server.connect(), busy = server.connect();
  busy.send(plain_get);
  const auto one = saved.wait_for(0);
  REQUIRE(one);
  const std::string address = server.address();
  std::jthread stopping{[&] { server->stop(seconds{20}); }};
  CHECK(idle.is_at_end());
  CHECK(eventually([&] { return !test_client{address}.is_connected(); }));
  one->respond({.status = 200, .fields = {}, .body = "done"});
  const auto answer = busy.read_answer();
  CHECK(answer.body == "done");
  CHECK(answer.header("connection") == "close");
  CHECK(busy.is_at_end());
  busy.close();
  stopping.join();
  CHECK(server->stats().connections == 0);
}

TEST_CASE("stop() reads and answers a partly received request") {
  test_listener server;
  auto client = server.connect();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbo");
  REQUIRE(eventually([&] { return server->stats().pending_bytes > 0; }));
  std::jthread stopping{[&] { server->stop(seconds{20}); }};
  CHECK(eventually([&] { return !server.connect().is_connected(); }));
  client.send("dy");
  CHECK(client.read_answer().body == "POST / body");
}

TEST_CASE("stop() ends the streams") {
  std::shared_ptr<stream> body;
  std::atomic<bool> ready = false, closed = false;
  test_listener server{[&](request, std::shared_ptr<exchange> answer) {
    body = answer->respond_with_stream({.status = 200});
    body->write("one");
    body->on_closed([&] { closed = true; });
    ready = true;
  }};
  auto client = server.connect();
  client.send(plain_get);
  REQUIRE(eventually([&] { return ready.load(); }));
  std::jthread stopping{[&] { server->stop(seconds{20}); }};
  CHECK(client.read_answer().body == "one");
  CHECK(client.is_whole());
  client.close();
  stopping.join();
  CHECK(closed);
  CHECK_FALSE(body->write("x"));
}

TEST_CASE("stop() lets a stream with a length come to its end") {
  std::shared_ptr<stream> body;
  std::atomic<bool> ready = false;
  test_listener server{[&](request, std::shared_ptr<exchange> answer) {
    body = answer->respond_with_stream({.status = 200}, 6);
    body->write("one");
    ready = true;
  }};
  auto client = server.connect();
  client.send(plain_get);
  REQUIRE(eventually([&] { return ready.load(); }));
  std::jthread stopping{[&] { server->stop(seconds{20}); }};
  CHECK(eventually([&] { return !server.connect().is_connected(); }));
  CHECK(body->write("two"));
  body->close();
  CHECK(client.read_answer().body == "onetwo");
  CHECK(client.is_at_end());
}

TEST_CASE("stop() closes the remaining connections at its deadline without an answer") {
  saved_exchanges saved;
  test_listener server{
      [&](request, std::shared_ptr<exchange> answer) { saved.add(std::move(answer)); }};
  auto client = server.connect();
  client.send(plain_get);
  auto one = saved.wait_for(0);
  REQUIRE(one);
  server->stop(std::chrono::milliseconds{50});
  CHECK(client.is_at_end());
  CHECK(server.finished().size() == 1);
  CHECK(server.finished()[0].status == 499);
  one->respond({.status = 200});
}

TEST_CASE("Exchanges and streams can outlive their listener") {
  saved_exchanges saved;
  std::shared_ptr<stream> body;
  std::atomic<bool> ready = false;
  std::shared_ptr<exchange> left;
  {
    test_listener server{[&](request what, std::shared_ptr<exchange> answer) {
      if (what.path == "/") return saved.add(std::move(answer));
      body = answer->respond_with_stream({.status = 200});
      ready = true;
    }};
    auto first = server.connect(), second = server.connect(), third = server.connect();
    first.send(plain_get);
    second.send("GET /s HTTP/1.1\r\nHost: h\r\n\r\n");
    third.send(plain_get);
    left = saved.wait_for(0);
    REQUIRE(left);
    REQUIRE(eventually([&] { return ready.load() && saved.count() == 2; }));
    server.destroy();
  }
  CHECK_FALSE(body->write("x"));
  left->respond({.status = 200});
  bool called = false;
  body->on_closed([&] { called = true; });
  CHECK(called);
  // The other exchange is destroyed without an answer.
}

TEST_CASE("A listener can be stopped twice and while clients connect") {
  test_listener server;
  const std::string address = server.address();
  std::atomic<bool> over = false;
  std::atomic<int> served = 0;
  std::vector<std::jthread> clients;
  for (int i = 0; i < 4; ++i)
    clients.emplace_back([&] {
      while (!over) {
        test_client client{address};
        if (client.is_connected() && client.get("/").status == 200) ++served;
      }
    });
  CHECK(eventually([&] { return served > 50; }));
  server->stop(seconds{5});
  server->stop(seconds{5});
  over = true;
  CHECK(server->stats().connections == 0);
  CHECK(server->stats().in_flight == 0);
}

TEST_CASE("stop() leaves no connection behind that is accepted meanwhile") {
  // Connections wait in the queue of the system while the server's threads are busy; some are
  // accepted during the stop.
  for (int round = 0; round < 40; ++round) {
    test_listener server;
    const std::string address = server.address();
    std::atomic<bool> over = false;
    std::vector<std::jthread> clients;
    for (int i = 0; i < 4; ++i)
      clients.emplace_back([&] {
        while (!over) test_client{address}.close();
      });
    REQUIRE(eventually([&] { return server->stats().accepted > 20; }));
    server->stop(seconds{20});
    const auto left = server->stats().connections;
    over = true;
    REQUIRE(left == 0);
  }
}
