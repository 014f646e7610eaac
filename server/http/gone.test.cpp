// Peers that go away while their request waits, over real sockets.

#include <sys/socket.h>

#include <atomic>

#include "server/http/test_listener.hpp"

using namespace pawl::server::http;
using namespace pawl::server::http::testing;

namespace {

const std::string waiting_request = "GET /wait HTTP/1.1\r\nHost: test\r\n\r\n";

/// Keeps the requests of "/wait", which are to be told when their peer is gone; echoes others.
struct waiting_handler {
  [[nodiscard]] handler_function function() {
    return [this](request what, std::shared_ptr<exchange> answer) {
      if (what.path != "/wait") return echo(std::move(what), std::move(answer));
      answer->on_gone([this] { ++gone; });
      kept.add(std::move(answer));
    };
  }

  std::atomic<int> gone = 0;
  kept_exchanges kept;
};

/// A peer whose request waits.
struct one_that_waits {
  one_that_waits() {
    client.send(waiting_request);
    answer = handler.kept.wait_for(0);
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

TEST_CASE("A request that waits is told at once when its peer closes the connection") {
  for (const std::string fields : {"", "Connection: close\r\n"}) {
    CAPTURE(fields);
    waiting_handler handler;
    test_listener server{handler.function()};
    auto client = server.connect();
    client.send("GET /wait HTTP/1.1\r\nHost: test\r\n" + fields + "\r\n");
    const auto answer = handler.kept.wait_for(0);
    REQUIRE(answer);
    CHECK(handler.gone == 0);
    client.close();
    REQUIRE(comes_true([&] { return handler.gone == 1; }));
    answer->respond(words("nobody reads this"));
    REQUIRE(comes_true([&] { return server.finished().size() == 1; }));
    CHECK(server.finished()[0].status == 499);
    CHECK(comes_true([&] { return server->numbers().connections == 0; }));
    CHECK(handler.gone == 1);
  }
}

TEST_CASE("A request that waits is told when its connection is reset") {
  one_that_waits peer;
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(peer.client.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  peer.client.close();
  REQUIRE(comes_true([&] { return peer.handler.gone == 1; }));
  std::atomic<bool> lost = false;
  peer.answer->respond(words(""), [&] { lost = true; });
  CHECK(comes_true([&] { return peer.server.finished().size() == 1; }));
  CHECK(comes_true([&] { return lost.load(); }));
}

TEST_CASE("A peer that ends its side only is told what there is then") {
  waiting_handler handler;
  test_listener server{handler.function()};
  auto client = server.connect();
  client.send("GET /first HTTP/1.1\r\nHost: test\r\n\r\n" + waiting_request);
  client.end_sending();
  const auto answer = handler.kept.wait_for(0);
  REQUIRE(answer);
  REQUIRE(comes_true([&] { return handler.gone == 1; }));
  answer->respond(words("so far"));
  CHECK(client.read_answer().body == "GET /first ");
  CHECK(client.read_answer().body == "so far");
  CHECK(client.is_at_end());
}

TEST_CASE("Requests behind one that waits are kept, and the peer that sends them is there") {
  one_that_waits peer;
  peer.client.send(
      "GET /behind HTTP/1.1\r\nHost: test\r\n\r\nGET /wait HTTP/1.1\r\nHost: test\r\n\r\n");
  const auto second = peer.handler.kept.wait_for(1);
  REQUIRE(second);
  CHECK(peer.handler.gone == 0);
  peer.answer->respond(words("first"));
  second->respond(words("third"));
  CHECK(peer.client.read_answer().body == "first");
  CHECK(peer.client.read_answer().body == "GET /behind ");
  CHECK(peer.client.read_answer().body == "third");
  peer.client.close();
  CHECK(comes_true([&] { return peer.server->numbers().connections == 0; }));
  CHECK(peer.handler.gone == 0);
}

TEST_CASE("An answer that matters is not given to a peer that has ended its side") {
  one_that_waits peer;
  peer.client.end_sending();
  REQUIRE(comes_true([&] { return peer.handler.gone == 1; }));
  std::atomic<bool> lost = false;
  peer.answer->respond(words("a secret"), [&] { lost = true; });
  const auto seen = peer.client.read_answer();
  CHECK(seen.status == 503);
  CHECK(seen.body.find("secret") == seen.body.npos);
  CHECK(comes_true([&] { return lost.load(); }));
}

TEST_CASE("An answer that matters and is written is not lost") {
  one_that_waits peer;
  std::atomic<bool> lost = false;
  peer.answer->respond(words("here"), [&] { lost = true; });
  CHECK(peer.client.read_answer().body == "here");
  peer.client.close();
  REQUIRE(comes_true([&] { return peer.server->numbers().connections == 0; }));
  CHECK_FALSE(lost);
  CHECK(peer.handler.gone == 0);
}

TEST_CASE("An answer that a peer does not take is lost when its connection is closed") {
  waiting_handler handler;
  test_listener server{handler.function()};
  auto client = server.connect(4 * 1024);
  client.send(waiting_request);
  const auto answer = handler.kept.wait_for(0);
  REQUIRE(answer);
  std::atomic<bool> lost = false;
  answer->respond(words(std::string(20'000'000, 'x')), [&] { lost = true; });
  REQUIRE(client.read_head().status == 200);
  CHECK_FALSE(lost);
  client.close();
  CHECK(comes_true([&] { return lost.load(); }));
}
