#include <atomic>
#include <thread>

#include "server/http/test_listener.hpp"
#include "tests/support/text.hpp"

using namespace pawl::server::http;
using namespace pawl::server::http::testing;
using pawl::server_settings;
using pawl::testing::contains;
using std::chrono::milliseconds;

namespace {

const response event_stream{.status = 200, .fields = {{"Content-Type", "text/event-stream"}}};

/// Opens a stream for each request to /stream and passes it to the test.
struct stream_source {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::shared_ptr<stream>> streams;

  void handle(request what, std::shared_ptr<exchange> answer) {
    if (what.path != "/stream") return echo(std::move(what), std::move(answer));
    auto made = answer->respond_with_stream(event_stream);
    const std::lock_guard lock{mutex};
    streams.push_back(std::move(made));
    changed.notify_all();
  }
  std::shared_ptr<stream> take() {
    std::unique_lock lock{mutex};
    if (!changed.wait_for(lock, std::chrono::seconds{20}, [&] { return !streams.empty(); }))
      return nullptr;
    auto taken = std::move(streams.front());
    streams.erase(streams.begin());
    return taken;
  }
  handler_function function() {
    return [this](request what, std::shared_ptr<exchange> answer) {
      handle(std::move(what), std::move(answer));
    };
  }
};

const std::string stream_request = "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n";

}  // namespace

TEST_CASE("A stream is written in chunks, and the connection stays open after it") {
  stream_source source;
  test_listener server{source.function()};
  auto client = server.connect();
  client.send(stream_request);
  auto body = source.take();
  REQUIRE(body);
  const auto head = client.read_head();
  CHECK(head.status == 200);
  CHECK(head.header("transfer-encoding") == "chunked");
  CHECK(head.headers.count("content-length") == 0);
  CHECK(server->stats().streams == 1);
  for (const std::string& part : {std::string{"one"}, std::string(100'000, 'x')}) {
    CHECK(body->write(part));
    CHECK(client.read_chunk() == part);
  }
  std::atomic<bool> closed = false;
  body->on_closed([&] { closed = true; });
  CHECK(body->write("last"));
  body->close();
  CHECK_FALSE(body->write("too late"));
  CHECK(client.read_chunk() == "last");
  CHECK(client.read_chunk().empty());
  CHECK(client.is_whole());
  CHECK(eventually([&] { return closed.load() && server->stats().streams == 0; }));
  CHECK(client.get("/after").body == "GET /after ");
}

TEST_CASE("Destroying a stream ends it") {
  stream_source source;
  test_listener server{source.function()};
  auto client = server.connect();
  client.send(stream_request);
  source.take()->write("one");
  CHECK(client.read_answer().body == "one");
  CHECK(client.get("/").status == 200);
}

TEST_CASE("An HTTP/1.0 stream ends with its connection") {
  stream_source source;
  test_listener server{source.function()};
  auto client = server.connect();
  client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  auto body = source.take();
  REQUIRE(body);
  body->write("one");
  body->write("two");
  body->close();
  const auto answer = client.read_answer();
  CHECK(answer.header("connection") == "close");
  CHECK(answer.headers.count("transfer-encoding") == 0);
  CHECK(answer.body == "onetwo");
}

TEST_CASE("A stream with a length has no chunks, and the connection stays open after it") {
  std::shared_ptr<stream> body;
  std::atomic<bool> ready = false;
  test_listener server{[&](request what, std::shared_ptr<exchange> answer) {
    if (what.path != "/stream") return echo(std::move(what), std::move(answer));
    body = answer->respond_with_stream({.status = 200}, 7);
    ready = true;
  }};
  const std::string version = GENERATE(true, false) ? "1.1" : "1.0";
  CAPTURE(version);
  auto client = server.connect();
  client.send("GET /stream HTTP/" + version + "\r\nHost: h\r\nConnection: keep-alive\r\n\r\n");
  REQUIRE(eventually([&] { return ready.load(); }));
  CHECK(body->write("one"));
  CHECK(body->write("three, and what is too much"));
  body->close();
  const auto answer = client.read_answer();
  CHECK(answer.header("content-length") == "7");
  CHECK(answer.headers.count("transfer-encoding") == 0);
  CHECK(answer.body == "onethre");
  CHECK(client.get("/after").body == "GET /after ");
}

TEST_CASE("A stream that ends before its length ends the connection") {
  std::shared_ptr<stream> body;
  std::atomic<bool> ready = false;
  test_listener server{[&](request what, std::shared_ptr<exchange> answer) {
    if (what.path != "/stream") return echo(std::move(what), std::move(answer));
    body = answer->respond_with_stream({.status = 200}, 7);
    ready = true;
  }};
  auto client = server.connect();
  client.send("GET /before HTTP/1.1\r\nHost: h\r\n\r\n" + stream_request +
              "GET /after HTTP/1.1\r\nHost: h\r\n\r\n");
  REQUIRE(eventually([&] { return ready.load(); }));
  CHECK(body->write("one"));
  body->close();
  CHECK(client.read_answer().body == "GET /before ");
  CHECK(client.read_answer().body == "one");
  CHECK(client.is_at_end());
  CHECK(eventually([&] { return server->stats().streams == 0; }));
}

TEST_CASE("A stream calls back after a pause, unless its peer has gone") {
  stream_source source;
  test_listener server{source.function()};
  auto client = server.connect();
  client.send(stream_request);
  const auto body = source.take();
  REQUIRE(body);
  std::atomic<int> calls = 0;
  const auto begun = std::chrono::steady_clock::now();
  body->after_pause(milliseconds{30}, [&] { ++calls; });
  CHECK(eventually([&] { return calls == 1; }));
  CHECK(std::chrono::steady_clock::now() - begun >= milliseconds{30});
  client.close();
  REQUIRE(eventually([&] { return server->stats().connections == 0; }));
  body->after_pause(milliseconds{0}, [&] { ++calls; });
  server->stop(std::chrono::seconds{5});
  CHECK(calls == 1);
}

TEST_CASE("A stream that answers HEAD has no body") {
  stream_source source;
  test_listener server{source.function()};
  auto client = server.connect();
  client.send("HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  auto body = source.take();
  REQUIRE(body);
  CHECK(client.read_head().status == 200);
  CHECK(eventually([&] { return !body->write("x"); }));
  CHECK(client.get("/").body == "GET / ");
}

TEST_CASE("The writer of a stream is notified when the reader disconnects") {
  stream_source source;
  test_listener server{source.function()};
  auto client = server.connect();
  client.send(stream_request);
  auto body = source.take();
  REQUIRE(body);
  std::atomic<int> closed = 0;
  body->on_closed([&] { ++closed; });
  client.close();
  CHECK(eventually([&] { return closed == 1; }));
  CHECK_FALSE(body->write("x"));
  CHECK_FALSE(body->too_slow());
  bool immediately = false;
  body->on_closed([&] { immediately = true; });
  CHECK(immediately);
  CHECK(server->stats().streams == 0);
}

TEST_CASE("A slow stream reader gets one last message") {
  server_settings s;
  s.stream_buffer_bytes = 100'000;
  stream_source source;
  test_listener server{source.function(), s};
  auto client = server.connect(4'096);
  client.send(stream_request);
  auto body = source.take();
  REQUIRE(body);
  const std::string part(10'000, 'x');
  std::size_t written = 0;
  while (body->write(part)) ++written;
  CHECK(body->too_slow());
  CHECK(body->write("dropped"));
  CHECK_FALSE(body->write("more"));
  body->close();
  const auto answer = client.read_answer();
  CHECK(answer.body.size() == written * part.size() + 7);
  CHECK(answer.body.ends_with("dropped"));
}

TEST_CASE("A stream whose peer does not read is closed after the write timeout") {
  server_settings s;
  s.write_timeout_ms = milliseconds{100};
  s.stream_buffer_bytes = 100'000'000;
  stream_source source;
  test_listener server{source.function(), s};
  auto client = server.connect(4'096);
  client.send(stream_request);
  auto body = source.take();
  REQUIRE(body);
  std::atomic<bool> closed = false;
  body->on_closed([&] { closed = true; });
  // More than the system buffers.
  CHECK(body->write(std::string(20'000'000, 'x')));
  CHECK(eventually([&] { return closed.load(); }));
  CHECK_FALSE(body->write("x"));
}

TEST_CASE("A stream beyond the limit is answered 429 until another one ends") {
  server_settings s;
  s.max_streams = 2;
  stream_source source;
  test_listener server{source.function(), s};
  std::vector<test_client> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(server.connect());
  for (auto& client : clients) client.send(stream_request);
  unsigned refused = 0;
  std::vector<std::shared_ptr<stream>> held;
  for (int i = 0; i < 3; ++i) held.push_back(source.take());
  for (auto& client : clients) {
    const auto head = client.read_head();
    if (head.status == 429) ++refused;
    if (head.status == 429) CHECK(head.header("retry-after") == "1");
  }
  CHECK(refused == 1);
  CHECK(server->stats().streams == 2);
  held.clear();
  clients.clear();
  REQUIRE(eventually([&] { return server->stats().streams == 0; }));
  auto again = server.connect();
  again.send(stream_request);
  CHECK(again.read_head().status == 200);
}

TEST_CASE("Several threads can write to one stream") {
  stream_source source;
  test_listener server{source.function()};
  auto client = server.connect();
  client.send(stream_request);
  auto body = source.take();
  REQUIRE(body);
  {
    std::vector<std::jthread> writers;
    for (int w = 0; w < 4; ++w)
      writers.emplace_back([&] {
        for (int i = 0; i < 1'000; ++i) body->write("0123456789");
      });
  }
  body->close();
  CHECK(client.read_answer().body.size() == 40'000);
}

TEST_CASE("A stream pipelined after an unanswered request waits") {
  saved_exchanges saved;
  stream_source source;
  test_listener server{[&](request what, std::shared_ptr<exchange> answer) {
    if (what.path == "/first") return saved.add(std::move(answer));
    source.handle(std::move(what), std::move(answer));
  }};
  auto client = server.connect();
  client.send("GET /first HTTP/1.1\r\nHost: h\r\n\r\n" + stream_request);
  auto body = source.take();
  REQUIRE(body);
  body->write("streamed");
  body->close();
  saved.wait_for(0)->respond({.status = 200, .fields = {}, .body = "first"});
  CHECK(client.read_answer().body == "first");
  CHECK(client.read_answer().body == "streamed");
}
