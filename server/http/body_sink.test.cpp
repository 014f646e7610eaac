// Bodies that a sink takes while they arrive.

#include <optional>

#include "server/http/test_listener.hpp"
#include "tests/support/text.hpp"

using namespace pawl::server::http;
using namespace pawl::server::http::testing;
using pawl::server_settings;
using pawl::testing::contains;
using std::chrono::milliseconds;

namespace {

constexpr std::uint64_t max_sunk = 1'000'000;

/// Keeps the answers to its writes until the test gives them.
class slow_sink final : public body_sink {
 public:
  void write(std::string bytes, taken done) override {
    const std::lock_guard lock{mutex_};
    text_ += bytes;
    done_ = std::move(done);
  }
  [[nodiscard]] std::string text() {
    const std::lock_guard lock{mutex_};
    return text_;
  }
  void answer(std::optional<problem> refused = {}) {
    taken done;
    {
      const std::lock_guard lock{mutex_};
      done.swap(done_);
    }
    REQUIRE(done);
    done(std::move(refused));
  }

 private:
  std::mutex mutex_;
  std::string text_;
  taken done_;
};

/// A listener whose PUT requests have a sink; the others are answered by `echo`.
struct sink_listener {
  explicit sink_listener(server_settings s = {})
      : server{echo, std::move(s),
               [this](const request& head) {
                 admitted_request made;
                 made.handle = echo;
                 if (head.method != "PUT") return made;
                 made.sink = sink;
                 made.max_sink_bytes = max_sunk;
                 made.sink_bytes = 100'000;
                 return made;
               },
               max_sunk} {}

  [[nodiscard]] bool has(const std::string& text) const {
    return eventually([&] { return sink->text() == text; });
  }

  std::shared_ptr<slow_sink> sink = std::make_shared<slow_sink>();
  test_listener server;
};

const std::string put_of_ten = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n";

}  // namespace

TEST_CASE("A sink gets the next bytes after it has taken the last") {
  sink_listener of;
  auto client = of.server.connect();
  client.send(put_of_ten + "abc");
  REQUIRE(of.has("abc"));
  client.send("def");
  CHECK(of.server.connect().get("/").status == 200);
  CHECK(of.sink->text() == "abc");
  of.sink->answer();
  REQUIRE(of.has("abcdef"));
  of.sink->answer();
  client.send("ghij");
  CHECK(client.read_answer().body == "PUT / ghij");
  CHECK(client.get("/after").status == 200);
}

TEST_CASE("A sink that fails ends the request at once") {
  sink_listener of;
  auto client = of.server.connect();
  client.send(put_of_ten + "abc");
  REQUIRE(of.has("abc"));
  of.sink->answer(problem{problem_code::unavailable, "the disk is full"});
  const auto answer = client.read_answer();
  CHECK(answer.status == 503);
  CHECK(contains(answer.body, "the disk is full"));
  CHECK(answer.header("connection") == "close");
}

TEST_CASE("The time that a sink needs is not that of its client") {
  server_settings s;
  s.body_timeout_ms = milliseconds{150};
  sink_listener of{s};
  auto client = of.server.connect();
  client.send(put_of_ten + "abc");
  REQUIRE(of.has("abc"));
  // Bodies of other connections are not received in time meanwhile.
  for (int i = 0; i < 2; ++i) {
    auto other = of.server.connect();
    other.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
    CHECK(other.read_answer().status == 408);
  }
  of.sink->answer();
  // Now it is the client that is slow.
  CHECK(client.read_answer().status == 408);
}

TEST_CASE("The memory of a sink is reserved before its body is read") {
  server_settings s;
  s.max_pending_bytes = 250'000;
  sink_listener of{s};
  const std::string chunked = "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  auto client = of.server.connect();
  client.send(chunked + "3\r\nabc\r\n");
  REQUIRE(of.has("abc"));
  CHECK(of.server->stats().pending_bytes == 100'000);
  CHECK(of.server.connect().post("/", std::string(80'000, 'x')).status == 503);
  // A body that has begun has its place, and a short one needs little.
  auto other = of.server.connect();
  other.send(chunked);
  CHECK(other.read_answer().status == 503);
  auto small = of.server.connect();
  small.send(put_of_ten + "0123456789");
  CHECK(small.read_answer().status == 200);
  of.sink->answer();
  client.send("0\r\n\r\n");
  CHECK(client.read_answer().status == 200);
  CHECK(eventually([&] { return of.server->stats().pending_bytes == 0; }));
}

TEST_CASE("A body for a sink can follow a request that is not answered") {
  saved_exchanges saved;
  const auto sink = std::make_shared<slow_sink>();
  test_listener server{
      [&](request, std::shared_ptr<exchange> answer) { saved.add(std::move(answer)); },
      {},
      [&](const request&) {
        admitted_request made;
        made.handle = echo;
        made.sink = sink;
        made.max_sink_bytes = max_sunk;
        return made;
      },
      max_sunk};
  auto client = server.connect();
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n" + put_of_ten + "abc");
  const auto first = saved.wait_for(0);
  REQUIRE(first);
  REQUIRE(eventually([&] { return sink->text() == "abc"; }));
  first->respond({.status = 200, .fields = {}, .body = "first"});
  CHECK(client.read_answer().body == "first");
  sink->answer();
  client.send("defghij");
  CHECK(client.read_answer().body == "PUT / defghij");
}
