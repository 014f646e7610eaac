// Bodies of requests that the handler refuses by their heads.

#include <atomic>
#include <string>

#include "server/http/content_coding.hpp"
#include "server/http/test_listener.hpp"

using namespace pawl::server::http;
using namespace pawl::server::http::testing;

namespace {

admitted_request refuse_secrets(const request& head) {
  admitted_request made;
  made.route = "/pattern";
  if (head.path == "/secret")
    made.refused = problem{problem_code::unauthorized, "a key is missing"};
  made.takes_body = head.path != "/no-body";
  if (!made.refused) {
    made.handle = [](request what, std::shared_ptr<exchange> answer) {
      answer->respond({.body = what.path + " " + std::to_string(what.body.size())});
    };
  }
  return made;
}

struct guarded {
  std::atomic<int> calls{0};
  test_listener server{[this](request what, std::shared_ptr<exchange> answer) {
                         ++calls;
                         echo(std::move(what), std::move(answer));
                       },
                       pawl::server_settings{}, refuse_secrets};
  test_client client = server.connect();
};

}  // namespace

TEST_CASE("A request with a large body is refused before the body is sent") {
  guarded at;
  at.client.send("POST /secret HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
  const auto answer = at.client.read_answer();
  CHECK(answer.status == 401);
  CHECK(answer.header("connection") == "close");
  CHECK(at.client.is_at_end());
  CHECK(at.server->stats().pending_bytes == 0);
  REQUIRE(eventually([&] { return at.server.finished().size() == 1; }));
  CHECK(at.server.finished()[0].route == "/pattern");
}

TEST_CASE("A body that the peer has not begun to send is not asked for if it is refused") {
  guarded at;
  at.client.send(
      "POST /secret HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n");
  CHECK(at.client.read_answer().status == 401);
}

TEST_CASE("A refused request with a small body keeps its connection") {
  guarded at;
  CHECK(at.client.post("/secret", "small").status == 401);
  CHECK(at.client.post("/open", "small").body == "/open 5");
  CHECK(at.client.get("/open").body == "GET /open ");
  CHECK(at.calls == 1);
}

TEST_CASE("The body of a refused request is not decompressed") {
  guarded at;
  const std::string bomb = gzip(std::string(10'000'000, ' '));
  REQUIRE(bomb.size() > 9'000);
  REQUIRE(bomb.size() < 64'000);
  const std::string small = gzip(std::string(1'000'000, ' '));
  REQUIRE(small.size() < 8'000);
  const std::string encoding = "Content-Encoding: gzip\r\n";
  CHECK(at.client.post("/open", bomb, encoding).body == "/open 10000000");
  // As received: no endpoint that takes no body has a use for it.
  CHECK(at.client.post("/no-body", small, encoding).body ==
        "/no-body " + std::to_string(small.size()));
  CHECK(at.client.post("/secret", small, encoding).status == 401);
  CHECK(at.client.post("/open", small, encoding).body == "/open 1000000");
  CHECK(at.client.post("/secret", "no gzip data", encoding).status == 401);
}

TEST_CASE("A refused body in chunks is read up to a limit") {
  guarded at;
  at.client.send("POST /secret HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 20; ++i) at.client.send("400\r\n" + std::string(1024, 'x') + "\r\n");
  const auto answer = at.client.read_answer();
  CHECK(answer.status == 413);
  CHECK(answer.header("connection") == "close");
}

TEST_CASE("A pipelined request with a refused body is answered in its turn") {
  guarded at;
  at.client.send(
      "GET /first HTTP/1.1\r\nHost: h\r\n\r\n"
      "POST /secret HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"
      "GET /third HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(at.client.read_answer().body == "GET /first ");
  CHECK(at.client.read_answer().status == 401);
  CHECK(at.client.read_answer().body == "GET /third ");
}
