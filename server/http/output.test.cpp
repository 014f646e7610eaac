// Memory for answers that peers do not read.

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/http/test_listener.hpp"

using namespace pawl::server::http;
using namespace pawl::server::http::testing;

namespace {

constexpr std::size_t mib = std::size_t{1} << 20;

std::string get_of(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n";
}

/// Answers each request with its path, filled up to a size.
struct filler {
  explicit filler(std::size_t bytes) : size(bytes) {}
  void operator()(const request& what, const std::shared_ptr<exchange>& answer) {
    ++calls;
    std::string body = what.path;
    body.resize(size, ' ');
    answer->respond({.status = 200, .fields = {}, .body = std::move(body)});
  }
  const std::size_t size;
  std::atomic<int> calls{0};
};

handler_function calling(filler& to) {
  return [&to](request what, std::shared_ptr<exchange> answer) { to(what, answer); };
}

}  // namespace

TEST_CASE("Large answers to pipelined requests are not all held for a peer that does not read") {
  const bool in_order = GENERATE(true, false);
  CAPTURE(in_order);
  struct asked {
    std::string path;
    std::shared_ptr<exchange> answer;
  };
  std::mutex mutex;
  std::vector<asked> open;
  std::atomic<int> calls{0};
  test_listener server{[&](request what, std::shared_ptr<exchange> answer) {
    const std::lock_guard lock{mutex};
    open.push_back({what.path, std::move(answer)});
    ++calls;
  }};
  const auto answer_all = [&](std::size_t size) {
    const std::lock_guard lock{mutex};
    if (!in_order) std::reverse(open.begin(), open.end());
    for (auto& each : open) {
      std::string body = each.path;
      body.resize(size, ' ');
      each.answer->respond({.body = std::move(body)});
    }
    open.clear();
  };
  const auto path_of = [](const std::string& body) { return body.substr(0, body.find(' ')); };
  auto client = server.connect(16 * 1024);
  const auto send = [&](int count) {
    std::string requests;
    for (int i = 0; i < count; ++i) requests += get_of("/" + std::to_string(i));
    client.send(requests);
  };
  // After small answers many requests are begun at once.
  for (int i = 0; i < 4; ++i) {
    send(1);
    REQUIRE(eventually([&] { return calls == 1 + i; }));
    answer_all(10);
    CHECK(path_of(client.read_answer().body) == "/0");
  }
  calls = 0;
  send(16);
  REQUIRE(eventually([&] { return calls == 16; }));
  answer_all(4 * mib);
  // Only the first one is kept; the others are asked for again, one by one.
  CHECK(eventually([&] { return server->stats().output_bytes <= 4 * mib; }));
  for (int i = 0; i < 16; ++i) {
    if (i > 0) {
      REQUIRE(eventually([&] { return calls == 16 + i; }));
      answer_all(4 * mib);
    }
    const auto body = client.read_answer().body;
    CHECK(body.size() == 4 * mib);
    CHECK(path_of(body) == "/" + std::to_string(i));
  }
  CHECK(eventually([&] { return server->stats().output_bytes == 0; }));
  CHECK(server->stats().in_flight == 0);
}

TEST_CASE("Small answers to pipelined requests are computed together up to the limit") {
  filler small{100 * 1024};
  test_listener server{calling(small)};
  auto client = server.connect(16 * 1024);
  std::string requests;
  for (int i = 0; i < 40; ++i) requests += get_of("/" + std::to_string(i));
  client.send(requests);
  REQUIRE(eventually([&] { return small.calls >= 10; }));
  CHECK(server->stats().output_bytes <= 2 * mib);
  for (int i = 0; i < 40; ++i) {
    const auto body = client.read_answer().body;
    CHECK(body.substr(0, body.find(' ')) == "/" + std::to_string(i));
  }
  CHECK(eventually([&] { return server->stats().output_bytes == 0; }));
}

TEST_CASE("No further request is read while a peer does not read its answers") {
  filler large{8 * mib};
  test_listener server{calling(large)};
  auto client = server.connect(16 * 1024);
  client.send(get_of("/first"));
  REQUIRE(eventually([&] { return large.calls == 1; }));
  for (int i = 0; i < 3; ++i) client.send(get_of("/next"));
  CHECK(server.connect().get("/other").status == 200);
  CHECK(large.calls == 2);
  for (int i = 0; i < 4; ++i) CHECK(client.read_answer().body.size() == 8 * mib);
}

TEST_CASE("The answers that all peers do not read are limited, except small ones") {
  pawl::server_settings s;
  s.max_output_bytes = 16 * mib;
  std::atomic<int> lost{0};
  const std::string large(6 * mib, 'x');
  test_listener server{[&](request what, std::shared_ptr<exchange> answer) {
                         if (what.path == "/small") return answer->respond({.body = "small"});
                         if (what.path == "/poll")
                           return answer->respond({.body = large}, [&] { ++lost; });
                         answer->respond({.body = large});
                       },
                       s};
  auto first = server.connect(16 * 1024);
  first.send(get_of("/large"));
  REQUIRE(eventually([&] { return server->stats().output_bytes >= 6 * mib; }));
  auto second = server.connect();
  const auto refused = second.get("/large");
  CHECK(refused.status == 503);
  CHECK(refused.header("retry-after") == "1");
  CHECK(refused.body.find("server.max_output_bytes") != std::string::npos);
  CHECK(second.get("/small").status == 200);
  // A command is done: its answer is sent. What a poll leased returns to its queue.
  CHECK(second.post("/command", "").status == 200);
  CHECK(second.post("/poll", "").status == 503);
  CHECK(lost == 1);
  CHECK(first.read_answer().body.size() == large.size());
  REQUIRE(eventually([&] { return server->stats().output_bytes == 0; }));
  CHECK(second.get("/large").status == 200);
}

TEST_CASE("The bytes of answers are given back when their peers disconnect") {
  filler large{4 * mib};
  test_listener server{calling(large)};
  std::vector<test_client> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(server.connect(16 * 1024));
    std::string requests;
    for (int n = 0; n < 16; ++n) requests += get_of("/x");
    clients.back().send(requests);
  }
  REQUIRE(eventually([&] { return large.calls >= 8; }));
  CHECK(server->stats().output_bytes <= 8 * 4 * mib);
  clients.clear();
  CHECK(eventually([&] { return server->stats().output_bytes == 0; }));
  CHECK(eventually([&] { return server->stats().in_flight == 0; }));
}
