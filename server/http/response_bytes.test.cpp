#include "server/http/response_bytes.hpp"

#include "server/http/content_coding.hpp"
#include "server/http/cors.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using namespace pawl::server::http;
using pawl::testing::contains;

TEST_CASE("A handler's field values cannot inject lines into the response head") {
  const auto made = to_bytes({.status = 200,
                              .fields = {{"X-Text", "a\r\nSet-Cookie: b\x01"},
                                         {"Bad Name", "x"},
                                         {"", "x"},
                                         {"Content-Length", "99"},
                                         {"Transfer-Encoding", "chunked"},
                                         {"Connection", "close"}},
                              .body = "ok"},
                             {.request_id = "id"});
  CHECK(contains(made.head, "X-Text: a  Set-Cookie: b \r\n"));
  CHECK_FALSE(contains(made.head, "Bad Name"));
  CHECK(contains(made.head, "Content-Length: 2\r\n"));
  CHECK_FALSE(contains(made.head, "99"));
  CHECK_FALSE(contains(made.head, "chunked"));
  CHECK_FALSE(contains(made.head, "Connection"));
}

TEST_CASE("Every response has security headers, which the handler can override") {
  const auto plain = to_bytes({.status = 200, .fields = {}, .body = ""}, {.request_id = "id"});
  for (const char* const line :
       {"X-Content-Type-Options: nosniff\r\n", "Content-Security-Policy: default-src 'none'",
        "Referrer-Policy: no-referrer\r\n", "Cache-Control: no-store\r\n", "Request-Id: id\r\n",
        "Date: "}) {
    CAPTURE(line);
    CHECK(contains(plain.head, line));
  }
  const auto own = to_bytes({.status = 200,
                             .fields = {{"content-security-policy", "default-src 'self'"},
                                        {"Cache-Control", "max-age=60"}},
                             .body = ""},
                            {.request_id = "id"});
  CHECK_FALSE(contains(own.head, "'none'"));
  CHECK_FALSE(contains(own.head, "no-store"));
}

TEST_CASE("Text bodies above 1 KiB are compressed for clients that accept gzip") {
  const std::string text(5'000, 'x');
  const response answer{
      .status = 200, .fields = {{"Content-Type", "application/json"}}, .body = text};
  const auto packed = to_bytes(answer, {.gzip = true});
  CHECK(contains(packed.head, "Content-Encoding: gzip\r\n"));
  CHECK(contains(packed.head, "Vary: Accept-Encoding\r\n"));
  const std::string body = packed.head.substr(packed.head.find("\r\n\r\n") + 4);
  CHECK(*decompress(body, coding::gzip, text.size()) == text);

  const auto plain = to_bytes(answer, {.gzip = false});
  CHECK_FALSE(contains(plain.head, "Content-Encoding"));
  CHECK(contains(plain.head, "Vary: Accept-Encoding\r\n"));

  response small = answer;
  small.body.resize(1'000);
  CHECK_FALSE(contains(to_bytes(small, {.gzip = true}).head, "gzip"));
  response image = answer;
  image.fields.set("Content-Type", "image/png");
  CHECK_FALSE(contains(to_bytes(image, {.gzip = true}).head, "gzip"));
}

TEST_CASE("A response without a body has no Content-Length, and a response to HEAD no body") {
  const auto none = to_bytes({.status = 204, .fields = {}, .body = "x"}, {});
  CHECK_FALSE(contains(none.head, "Content-Length"));
  CHECK(none.head.ends_with("\r\n\r\n"));
  const auto head = to_bytes({.status = 200, .fields = {}, .body = "hello"}, {.head_only = true});
  CHECK(contains(head.head, "Content-Length: 5\r\n"));
  CHECK(head.head.ends_with("\r\n\r\n"));
  CHECK(head.body.empty());
}

TEST_CASE("Pages of allowed origins can read the fields of answers") {
  const auto made =
      to_bytes({.status = 204, .fields = {}, .body = ""}, {.cors_origin = "http://app.example"});
  CHECK(contains(made.head, "Access-Control-Allow-Origin: http://app.example\r\n"));
  for (const char* const name : {"Blob-Size", "ETag", "Idempotency-Replayed", "Retry-After"}) {
    CAPTURE(name);
    const auto fields = made.head.substr(made.head.find("Access-Control-Expose-Headers: "));
    CHECK(contains(fields.substr(0, fields.find("\r\n")), name));
  }
}

TEST_CASE("Dates are formatted as HTTP dates") {
  CHECK(to_http_date(std::chrono::system_clock::from_time_t(784'111'777)) ==
        "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST_CASE("Origins are classified by the Host field and the settings") {
  const auto kind = [](const char* origin, std::vector<std::string> allowed) {
    request of;
    of.fields = {{"Host", "pawl.example:7717"}};
    if (origin != nullptr) of.fields.add("Origin", origin);
    return classify_origin(of, allowed);
  };
  CHECK(kind(nullptr, {}) == origin_kind::none);
  CHECK(kind("http://pawl.example:7717", {}) == origin_kind::own);
  CHECK(kind("https://PAWL.example:7717", {}) == origin_kind::own);
  CHECK(kind("http://pawl.example", {}) == origin_kind::foreign);
  CHECK(kind("http://evil.example", {"http://app.example"}) == origin_kind::foreign);
  CHECK(kind("http://app.example", {"http://app.example"}) == origin_kind::allowed);
  CHECK(kind("http://app.example.evil", {"http://app.example"}) == origin_kind::foreign);
  CHECK(kind("null", {}) == origin_kind::foreign);
  CHECK(kind("", {}) == origin_kind::foreign);
  CHECK(kind("http://evil.example", {"*"}) == origin_kind::allowed);
}
