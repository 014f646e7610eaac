#include <atomic>
#include <optional>
#include <thread>

#include "server/http/test_listener.hpp"
#include "tests/support/text.hpp"

using namespace pawl::server::http;
using namespace pawl::server::http::testing;
using pawl::server_settings;
using pawl::testing::contains;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

enum class frame_kind : unsigned char { text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

struct test_frame {
  frame_kind kind = frame_kind::close;
  std::string payload;

  [[nodiscard]] unsigned close_code() const {
    if (payload.size() < 2) return 0;
    return static_cast<unsigned char>(payload[0]) * 256u + static_cast<unsigned char>(payload[1]);
  }
};

/// The client side of RFC 6455.
class frame_client {
 public:
  explicit frame_client(test_client over) : over_(std::move(over)) {}

  static std::string handshake(const std::string& path, const std::string& fields = {}) {
    return "GET " + path +
           " HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
           fields + "\r\n";
  }
  test_answer open(const std::string& path) {
    over_.send(handshake(path));
    return over_.read_head();
  }
  bool send(const std::string& payload, frame_kind kind = frame_kind::text, bool masked = true) {
    std::string frame{static_cast<char>(0x80 | static_cast<unsigned char>(kind))};
    const char mask_bit = masked ? static_cast<char>(0x80) : '\0';
    if (payload.size() < 126) {
      frame += static_cast<char>(mask_bit | static_cast<char>(payload.size()));
    } else {
      const bool is_short = payload.size() < 65'536;
      frame += static_cast<char>(mask_bit | (is_short ? 126 : 127));
      for (int shift = is_short ? 8 : 56; shift >= 0; shift -= 8)
        frame += static_cast<char>(payload.size() >> shift);
    }
    // A mask of zeros leaves the payload unchanged.
    if (masked) frame += std::string(4, '\0');
    return over_.send(frame + payload);
  }
  /// Reads the next frame; nothing at the end of the connection.
  std::optional<test_frame> read() {
    const std::string head = over_.read_bytes(2);
    if (head.size() < 2) return std::nullopt;
    std::size_t size = static_cast<unsigned char>(head[1]) & 0x7F;
    if (size >= 126) {
      const std::string more = over_.read_bytes(size == 126 ? 2 : 8);
      size = 0;
      for (const char c : more) size = size * 256 + static_cast<unsigned char>(c);
    }
    return test_frame{static_cast<frame_kind>(head[0] & 0x0F), over_.read_bytes(size)};
  }
  std::string read_text() {
    const auto frame = read();
    return frame && frame->kind == frame_kind::text ? frame->payload : "";
  }
  test_client& over() { return over_; }

 private:
  test_client over_;
};

/// Echoes every message and keeps its sockets for the test.
struct echo_sockets {
  std::mutex mutex;
  std::vector<std::shared_ptr<web_socket>> sockets;
  std::atomic<int> opened = 0, closed = 0;

  void handle(const std::shared_ptr<exchange>& answer) {
    answer->set_route("/ws");
    const auto made = answer->accept_web_socket();
    if (!made) return;
    made->on_message([weak = std::weak_ptr{made}](std::string text) {
      const auto socket = weak.lock();
      if (!socket) return;
      if (text == "bye") return socket->close(4'000, "as you wish");
      socket->send("echo " + text);
    });
    made->on_closed([this] { ++closed; });
    const std::lock_guard lock{mutex};
    sockets.push_back(made);
    ++opened;
  }
  handler_function function() {
    return [this](request, std::shared_ptr<exchange> answer) { handle(answer); };
  }
  std::shared_ptr<web_socket> last() {
    const std::lock_guard lock{mutex};
    return sockets.back();
  }
};

}  // namespace

TEST_CASE("A WebSocket carries messages in both directions") {
  echo_sockets sockets;
  test_listener server{sockets.function()};
  frame_client client{server.connect()};
  const auto answer = client.open("/ws");
  CHECK(answer.status == 101);
  // The example of RFC 6455, 1.3.
  CHECK(answer.header("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  CHECK_FALSE(answer.header("request-id").empty());
  CHECK(server->stats().streams == 1);
  for (int i = 0; i < 100; ++i) {
    client.send(std::to_string(i));
    CHECK(client.read_text() == "echo " + std::to_string(i));
  }
  const std::string large(200'000, 'x');
  client.send(large);
  CHECK((client.read_text() == "echo " + large));
  client.send("hello", frame_kind::ping);
  const auto pong = client.read();
  REQUIRE(pong);
  CHECK(pong->kind == frame_kind::pong);
  CHECK(pong->payload == "hello");
}

TEST_CASE("Either side can close a WebSocket with a status code") {
  echo_sockets sockets;
  test_listener server{sockets.function()};
  frame_client first{server.connect()}, second{server.connect()};
  REQUIRE(first.open("/ws").status == 101);
  first.send("bye");
  const auto closing = first.read();
  REQUIRE(closing);
  CHECK(closing->kind == frame_kind::close);
  CHECK(closing->close_code() == 4'000);
  CHECK(closing->payload.substr(2) == "as you wish");
  first.send(closing->payload, frame_kind::close);
  CHECK_FALSE(first.read());
  CHECK(eventually([&] { return sockets.closed == 1; }));

  REQUIRE(second.open("/ws").status == 101);
  second.send("\x03\xe8", frame_kind::close);
  const auto answered = second.read();
  REQUIRE(answered);
  CHECK(answered->close_code() == 1'000);
  CHECK(eventually([&] { return sockets.closed == 2; }));
  CHECK_FALSE(sockets.last()->send("x"));
  CHECK(server->stats().streams == 0);
  REQUIRE(eventually([&] { return server.finished().size() == 2; }));
  CHECK(server.finished()[0].route == "/ws");
  CHECK(server.finished()[0].status == 101);
  CHECK(server.finished()[0].streamed);
}

TEST_CASE("A WebSocket closes when its peer disconnects") {
  echo_sockets sockets;
  test_listener server{sockets.function()};
  {
    frame_client client{server.connect()};
    REQUIRE(client.open("/ws").status == 101);
  }
  CHECK(eventually([&] { return sockets.closed == 1; }));
}

TEST_CASE("A request without a WebSocket handshake is answered 426") {
  echo_sockets sockets;
  test_listener server{sockets.function()};
  auto client = server.connect();
  auto answer = client.get("/ws");
  CHECK(answer.status == 426);
  CHECK(answer.header("upgrade") == "websocket");
  CHECK(answer.header("connection") == "Upgrade");
  CHECK(answer.header("sec-websocket-version") == "13");
  answer = client.get("/ws",
                      "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                      "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: abc\r\n");
  CHECK(answer.status == 426);
}

TEST_CASE("A page of a foreign origin cannot open a WebSocket") {
  echo_sockets sockets;
  test_listener server{sockets.function()};
  auto client = server.connect();
  client.send(frame_client::handshake("/ws", "Origin: http://evil.example\r\n"));
  CHECK(client.read_answer().status == 403);
  CHECK(sockets.opened == 0);
}

TEST_CASE("A handshake can be answered with an ordinary response, and the connection stays open") {
  test_listener server;
  auto client = server.connect();
  client.send(frame_client::handshake("/ws") + "GET /next HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(client.read_answer().body == "GET /ws ");
  CHECK(client.read_answer().body == "GET /next ");
}

TEST_CASE("Messages received with the handshake or before a receiver is set are not lost") {
  std::shared_ptr<web_socket> socket;
  std::atomic<bool> ready = false;
  test_listener server{[&](request, std::shared_ptr<exchange> answer) {
    socket = answer->accept_web_socket();
    ready = true;
  }};
  frame_client client{server.connect()};
  // The text "hi", masked with zeros.
  client.over().send(frame_client::handshake("/ws") + std::string("\x81\x82\0\0\0\0hi", 8) +
                     std::string("\x81\x82\0\0\0\0ho", 8));
  CHECK(client.over().read_head().status == 101);
  REQUIRE(eventually([&] { return ready.load(); }));
  socket->on_message([&](std::string text) { socket->send("got " + text); });
  CHECK(client.read_text() == "got hi");
  CHECK(client.read_text() == "got ho");
  socket->close(1'000, "");
  CHECK(client.read()->kind == frame_kind::close);
}

TEST_CASE("Binary, oversized and malformed messages close the WebSocket") {
  server_settings s;
  s.max_message_bytes = 1'024;
  echo_sockets sockets;
  test_listener server{sockets.function(), s};
  const auto code_after = [&](const std::function<void(frame_client&)>& what) {
    frame_client client{server.connect()};
    REQUIRE(client.open("/ws").status == 101);
    what(client);
    while (const auto frame = client.read())
      if (frame->kind == frame_kind::close) return frame->close_code();
    return 0u;
  };
  CHECK(code_after([](auto& c) { c.send("x", frame_kind::binary); }) == 1'003);
  CHECK(code_after([](auto& c) { c.send(std::string(1'025, 'x')); }) == 1'009);
  CHECK(code_after([](auto& c) { c.send("\xff\xfe"); }) == 1'007);
  CHECK(code_after([](auto& c) { c.send("x", frame_kind::text, false); }) == 1'002);
  CHECK(code_after([](auto& c) { c.send("", static_cast<frame_kind>(3)); }) == 1'002);
  CHECK(eventually([&] { return sockets.closed == 5; }));
}

TEST_CASE("A slow WebSocket reader gets one last message") {
  server_settings s;
  s.stream_buffer_bytes = 100'000;
  echo_sockets sockets;
  test_listener server{sockets.function(), s};
  frame_client client{server.connect(4'096)};
  REQUIRE(client.open("/ws").status == 101);
  const auto socket = sockets.last();
  std::size_t sent = 0;
  while (socket->send(std::string(10'000, 'x'))) ++sent;
  CHECK(socket->too_slow());
  CHECK(socket->send("dropped"));
  socket->close(1'013, "too slow");
  for (std::size_t i = 0; i < sent; ++i) REQUIRE(client.read_text().size() == 10'000);
  CHECK(client.read_text() == "dropped");
  const auto closing = client.read();
  REQUIRE(closing);
  CHECK(closing->close_code() == 1'013);
}

TEST_CASE("A WebSocket whose peer does not read is closed after the write timeout") {
  server_settings s;
  s.write_timeout_ms = milliseconds{100};
  s.stream_buffer_bytes = 100'000'000;
  echo_sockets sockets;
  test_listener server{sockets.function(), s};
  frame_client client{server.connect(4'096)};
  REQUIRE(client.open("/ws").status == 101);
  CHECK(sockets.last()->send(std::string(20'000'000, 'x')));
  CHECK(eventually([&] { return sockets.closed == 1; }));
}

TEST_CASE("An idle WebSocket is pinged and closed if the peer does not answer") {
  server_settings s;
  s.ping_interval_ms = milliseconds{500};  // also the time that this test has to answer
  echo_sockets sockets;
  test_listener server{sockets.function(), s};
  frame_client client{server.connect()};
  REQUIRE(client.open("/ws").status == 101);
  for (int i = 0; i < 3; ++i) {
    const auto ping = client.read();
    REQUIRE(ping);
    CHECK(ping->kind == frame_kind::ping);
    client.send(ping->payload, frame_kind::pong);
  }
  CHECK(sockets.closed == 0);
  while (client.read()) {
  }
  CHECK(eventually([&] { return sockets.closed == 1; }));
}

TEST_CASE("WebSockets count as streams; one beyond the limit is answered 429") {
  server_settings s;
  s.max_streams = 1;
  echo_sockets sockets;
  test_listener server{sockets.function(), s};
  frame_client first{server.connect()}, second{server.connect()};
  CHECK(first.open("/ws").status == 101);
  CHECK(second.open("/ws").status == 429);
}

TEST_CASE("stop() closes WebSockets with 1001") {
  echo_sockets sockets;
  test_listener server{sockets.function()};
  frame_client client{server.connect()};
  REQUIRE(client.open("/ws").status == 101);
  std::jthread stopping{[&] { server->stop(seconds{20}); }};
  const auto closing = client.read();
  REQUIRE(closing);
  CHECK(closing->kind == frame_kind::close);
  CHECK(closing->close_code() == 1'001);
  client.send(closing->payload, frame_kind::close);
  CHECK_FALSE(client.read());
  stopping.join();
  CHECK(sockets.closed == 1);
}
