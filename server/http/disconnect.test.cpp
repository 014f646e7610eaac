// Peers that disconnect while their request waits, over real sockets.

#include <sys/socket.h>

#include <atomic>

#include "server/http/test_listener.hpp"

using namespace pawl::server::http;
using namespace pawl::server::http::testing;

namespace {

const std::string waiting_request = "GET /wait HTTP/1.1\r\nHost: test\r\n\r\n";

/// Saves the requests of "/wait" and counts their disconnects; echoes others.
struct waiting_handler {
  [[nodiscard]] handler_function function() {
    return [this](request what, std::shared_ptr<exchange> answer) {
      if (what.path != "/wait") return echo(std::move(what), std::move(answer));
      answer->on_disconnect([this] { ++disconnects; });
      saved.add(std::move(answer));
    };
  }

  std::atomic<int> disconnects = 0;
  saved_exchanges saved;
};

/// A peer whose request waits.
struct waiting_peer {
  waiting_peer() {
    client.send(waiting_request);
    answer = handler.saved.wait_for(0);
    REQUIRE(answer);
  }

  waiting_handler handler;
  test_listener server{handler.function()};
  test_client client = server.connect();
  std::shared_ptr<exchange> answer;
};

response words(std::string text) {
  return {.status = 200, .fields = {{"Content-Type", "text/plain"}}, .body = std::move(text)};
}

}  // namespace

TEST_CASE("A waiting request is notified as soon as its peer closes the connection") {
  for (const std::string fields : {"", "Connection: close\r\n"}) {
    CAPTURE(fields);
    waiting_handler handler;
    test_listener server{handler.function()};
    auto client = server.connect();
    client.send("GET /wait HTTP/1.1\r\nHost: test\r\n" + fields + "\r\n");
    const auto answer = handler.saved.wait_for(0);
    REQUIRE(answer);
    CHECK(handler.disconnects == 0);
    client.close();
    REQUIRE(eventually([&] { return handler.disconnects == 1; }));
    answer->respond(words("not read"));
    REQUIRE(eventually([&] { return server.finished().size() == 1; }));
    CHECK(server.finished()[0].status == 499);
    CHECK(eventually([&] { return server->stats().connections == 0; }));
    CHECK(handler.disconnects == 1);
  }
}

TEST_CASE("A waiting request is notified when its connection is reset") {
  waiting_peer peer;
  const linger immediately{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(peer.client.fd(), SOL_SOCKET, SO_LINGER, &immediately, sizeof immediately);
  peer.client.close();
  REQUIRE(eventually([&] { return peer.handler.disconnects == 1; }));
  std::atomic<bool> lost = false;
  peer.answer->respond(words(""), [&] { lost = true; });
  CHECK(eventually([&] { return peer.server.finished().size() == 1; }));
  CHECK(eventually([&] { return lost.load(); }));
}

TEST_CASE("A peer that shuts down its sending side gets the current answer") {
  waiting_handler handler;
  test_listener server{handler.function()};
  auto client = server.connect();
  client.send("GET /first HTTP/1.1\r\nHost: test\r\n\r\n" + waiting_request);
  client.end_sending();
  const auto answer = handler.saved.wait_for(0);
  REQUIRE(answer);
  REQUIRE(eventually([&] { return handler.disconnects == 1; }));
  answer->respond(words("so far"));
  CHECK(client.read_answer().body == "GET /first ");
  CHECK(client.read_answer().body == "so far");
  CHECK(client.is_at_end());
}

TEST_CASE("Requests pipelined after a waiting one are saved and count as a connected peer") {
  waiting_peer peer;
  peer.client.send(
      "GET /behind HTTP/1.1\r\nHost: test\r\n\r\nGET /wait HTTP/1.1\r\nHost: test\r\n\r\n");
  const auto second = peer.handler.saved.wait_for(1);
  REQUIRE(second);
  CHECK(peer.handler.disconnects == 0);
  peer.answer->respond(words("first"));
  second->respond(words("third"));
  CHECK(peer.client.read_answer().body == "first");
  CHECK(peer.client.read_answer().body == "GET /behind ");
  CHECK(peer.client.read_answer().body == "third");
  peer.client.close();
  CHECK(eventually([&] { return peer.server->stats().connections == 0; }));
  CHECK(peer.handler.disconnects == 0);
}

TEST_CASE("An answer that must arrive is not sent to a peer that has shut down its sending side") {
  waiting_peer peer;
  peer.client.end_sending();
  REQUIRE(eventually([&] { return peer.handler.disconnects == 1; }));
  std::atomic<bool> lost = false;
  peer.answer->respond(words("a secret"), [&] { lost = true; });
  const auto seen = peer.client.read_answer();
  CHECK(seen.status == 503);
  CHECK(seen.body.find("secret") == seen.body.npos);
  CHECK(eventually([&] { return lost.load(); }));
}

TEST_CASE("A written answer does not count as lost") {
  waiting_peer peer;
  std::atomic<bool> lost = false;
  peer.answer->respond(words("here"), [&] { lost = true; });
  CHECK(peer.client.read_answer().body == "here");
  peer.client.close();
  REQUIRE(eventually([&] { return peer.server->stats().connections == 0; }));
  CHECK_FALSE(lost);
  CHECK(peer.handler.disconnects == 0);
}

TEST_CASE("An answer that the peer does not read is lost when the connection closes") {
  waiting_handler handler;
  test_listener server{handler.function()};
  auto client = server.connect(4 * 1024);
  client.send(waiting_request);
  const auto answer = handler.saved.wait_for(0);
  REQUIRE(answer);
  std::atomic<bool> lost = false;
  answer->respond(words(std::string(20'000'000, 'x')), [&] { lost = true; });
  REQUIRE(client.read_head().status == 200);
  CHECK_FALSE(lost);
  client.close();
  CHECK(eventually([&] { return lost.load(); }));
}
