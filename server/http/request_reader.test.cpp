#include "server/http/request_reader.hpp"

#include "server/http/content_coding.hpp"
#include "tests/support/catch.hpp"

using namespace pawl::server::http;

namespace {

constexpr reader_limits small_limits{
    .url_bytes = 300, .header_bytes = 1'024, .header_fields = 10, .body_bytes = 1'000};

/// The parsed requests and the status of the refusal, 0 if there is none.
struct reading_outcome {
  std::vector<request> requests;
  unsigned refused = 0;
};

reading_outcome read_pieces(const std::string& bytes, std::size_t piece) {
  request_reader reader{small_limits};
  reading_outcome outcome;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.feed(std::string_view{bytes}.substr(at, piece));
    while (true) {
      const auto step = reader.next();
      if (step == request_reader::step::need_more) break;
      if (step == request_reader::step::head) continue;
      if (step == request_reader::step::refused) {
        outcome.refused = kind_of(reader.error().code).status;
        return outcome;
      }
      outcome.requests.push_back(reader.take().what);
    }
  }
  return outcome;
}

unsigned refused_status(const std::string& bytes) {
  return read_pieces(bytes, bytes.size()).refused;
}

const std::string host_line = "Host: h\r\n";

}  // namespace

TEST_CASE("Requests are parsed the same from pieces of any size") {
  const std::string bytes =
      "\r\nGET /a%20b?c=d&e HTTP/1.1\r\nHost: h\r\nX-Empty:\r\n\r\n"
      "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
      "POST /q HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;x=1;y=\"z\"\r\nhello\r\n6\r\n world\r\n0\r\nHost: evil\r\nX-Trailer: 1\r\n\r\n"
      "PUT http://other/path?q HTTP/1.0\r\n\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    CAPTURE(piece);
    const auto read = read_pieces(bytes, piece);
    REQUIRE(read.refused == 0);
    REQUIRE(read.requests.size() == 4);
    CHECK(read.requests[0].path == "/a%20b");
    CHECK(read.requests[0].query == "c=d&e");
    CHECK(read.requests[0].fields.find("x-empty") == "");
    CHECK(read.requests[1].method == "POST");
    CHECK(read.requests[1].body == "hello");
    CHECK(read.requests[2].body == "hello world");
    CHECK(read.requests[3].path == "/path");
    CHECK(read.requests[3].query == "q");
  }
}

TEST_CASE("Trailer fields are not added to the request") {
  const auto read = read_pieces(
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0\r\nAuthorization: Bearer x\r\n\r\n",
      1'000);
  REQUIRE(read.requests.size() == 1);
  CHECK_FALSE(read.requests[0].fields.find("Authorization"));
}

TEST_CASE("Ambiguous and malformed requests are refused") {
  const std::string get = "GET / HTTP/1.1\r\n", post = "POST / HTTP/1.1\r\n" + host_line;
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  const std::vector<std::string> bad = {
      get + "\r\n",
      get + "Host: a\r\nHost: b\r\n\r\n",
      get + "Host: a\r\nHost: a\r\n\r\n",
      get + "Host: a b\r\n\r\n",
      get + "Host: a/b\r\n\r\n",
      get + "Host: user@a\r\n\r\n",
      "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
      get + host_line + "Authorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n",
      get + host_line + "Pawl-Scope: a\r\nPawl-Scope: a\r\n\r\n",
      get + host_line + "Origin: http://a\r\nOrigin: http://b\r\n\r\n",
      get + host_line + "Idempotency-Key: a\r\nIDEMPOTENCY-KEY: b\r\n\r\n",
      get + host_line + "traceparent: a\r\nTraceparent: a\r\n\r\n",
      get + host_line + "Request-Id: a\r\nRequest-Id: b\r\n\r\n",
      get + host_line + "Last-Event-ID: 1.0\r\nLast-Event-ID: 2.0\r\n\r\n",
      get + host_line + "If-Match: \"1\"\r\nIf-Match: \"2\"\r\n\r\n",
      post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
      post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
      post + "Content-Length: 3, 3\r\n\r\nabc",
      post + "Content-Length: +3\r\n\r\nabc",
      post + "Content-Length: -3\r\n\r\nabc",
      post + "Content-Length: 0x3\r\n\r\nabc",
      post + "Content-Length: 3 \t3\r\n\r\nabc",
      post + "Content-Length:\r\n\r\n",
      post + "Content-Length: 99999999999999999999999\r\n\r\n",
      post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      post + "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
      get + host_line + "X: a\r\n b\r\n\r\n",
      get + host_line + " X: a\r\n\r\n",
      "GET /\r\n continued HTTP/1.1\r\nHost: h\r\n\r\n",
      get + host_line + "X: a\nY: b\r\n\r\n",
      get + host_line + "X: a\rY: b\r\n\r\n",
      get + host_line + std::string("X: a\0b\r\n\r\n", 10),
      get + host_line +
          "X: a\x01"
          "b\r\n\r\n",
      get + host_line + "X: a\x7f\r\n\r\n",
      get + host_line + "no colon\r\n\r\n",
      get + host_line + ": no name\r\n\r\n",
      get + host_line + "Na(me: x\r\n\r\n",
      "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /  HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET / HTTP/1.1 \r\nHost: h\r\n\r\n",
      "GET / http/1.1\r\nHost: h\r\n\r\n",
      "GET / HTTP/1.1x\r\nHost: h\r\n\r\n",
      "GET /\r\nHost: h\r\n\r\n",
      "GET /\r\n\r\n",
      "GET / \r\n\r\n",
      "GET / H\r\n\r\n",
      "POST o\xf2n: 2\r\n\r\n",
      "G\x01T / HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /a\tb HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET path HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET * HTTP/1.1\r\nHost: h\r\n\r\n",
      "CONNECT host:443 HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n",
      "\x16\x03\x01\x02",
      "\r\n\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
      chunked + "x\r\nhello\r\n0\r\n\r\n",
      chunked + "5\r\nhelloX0\r\n\r\n",
      chunked + "-5\r\nhello\r\n0\r\n\r\n",
      chunked + "5\nhello\r\n0\r\n\r\n",
      chunked + "ffffffffffffffffff\r\nhello\r\n0\r\n\r\n",
      chunked + "0\r\nContent-Length: 5\r\n\r\n",
      chunked + "5;" + std::string(9'000, 'x'),
      chunked + "5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n",
  };
  for (const std::string& bytes : bad) {
    CAPTURE(bytes);
    const unsigned status = refused_status(bytes);
    CHECK((status == 400 || status == 413));
    CHECK(read_pieces(bytes, 1).refused >= 400);
  }
}

TEST_CASE("A line break does not end a quoted chunk extension") {
  const std::string begin =
      "POST / HTTP/1.1\r\n" + host_line + "Transfer-Encoding: chunked\r\n\r\n";
  for (const char* const body :
       {"5;a=\"\r\nhello\r\n0\r\n\r\n", "0;a=\"\r\n\r\nhello", "0;a=\"\\\"\r\n\r\nhello"}) {
    CAPTURE(body);
    CHECK(read_pieces(begin + body, 1).requests.empty());
    CHECK(read_pieces(begin + body, 1'000).requests.empty());
  }
}

TEST_CASE("Unsupported codings, expectations and versions have their own status") {
  const std::string post = "POST / HTTP/1.1\r\n" + host_line;
  CHECK(refused_status(post + "Transfer-Encoding: gzip, chunked\r\n\r\n") == 501);
  CHECK(refused_status(post + "Transfer-Encoding: xchunked\r\n\r\n") == 501);
  CHECK(refused_status(post + "Expect: a-miracle\r\n\r\n") == 417);
  CHECK(refused_status(post + "Content-Encoding: br\r\nContent-Length: 1\r\n\r\nx") == 415);
  CHECK(refused_status(post + "Content-Encoding: gzip, gzip\r\nContent-Length: 1\r\n\r\nx") == 415);
  CHECK(refused_status("GET / HTTP/2.0\r\nHost: h\r\n\r\n") == 505);
  CHECK(refused_status("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == 505);
}

TEST_CASE("Each limit of a request has its status, and a request exactly at the limit passes") {
  const auto target = [](std::size_t size) {
    return "GET /" + std::string(size - 1, 'x') + " HTTP/1.1\r\n" + host_line + "\r\n";
  };
  CHECK(refused_status(target(300)) == 0);
  CHECK(refused_status(target(301)) == 414);
  CHECK(refused_status(target(5'000)) == 414);
  CHECK(refused_status("GET /" + std::string(5'000, 'x')) == 414);

  const auto header = [](std::size_t size) {
    const std::string begin = "GET / HTTP/1.1\r\n" + host_line + "X: ";
    return begin + std::string(size - begin.size() - 4, 'x') + "\r\n\r\n";
  };
  CHECK(refused_status(header(1'024)) == 0);
  CHECK(refused_status(header(1'025)) == 431);

  const auto fields_of = [](std::size_t count) {
    std::string text = "GET / HTTP/1.1\r\n" + host_line;
    for (std::size_t i = 1; i < count; ++i) text += "X: y\r\n";
    return text + "\r\n";
  };
  CHECK(refused_status(fields_of(10)) == 0);
  CHECK(refused_status(fields_of(11)) == 431);

  const std::string post = "POST / HTTP/1.1\r\n" + host_line;
  CHECK(refused_status(post + "Content-Length: 1000\r\n\r\n" + std::string(1'000, 'x')) == 0);
  CHECK(refused_status(post + "Content-Length: 1001\r\n\r\n") == 413);
  const std::string chunk = "1f4\r\n" + std::string(500, 'x') + "\r\n";
  CHECK(refused_status(post + "Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk + "0\r\n\r\n") ==
        0);
  CHECK(refused_status(post + "Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk + "1\r\n") ==
        413);
}

TEST_CASE("A compressed body is decompressed, up to the limit of a plain one") {
  const auto post = [](const std::string& packed) {
    return "POST / HTTP/1.1\r\n" + host_line +
           "Content-Encoding: gzip\r\nContent-Length: " + std::to_string(packed.size()) +
           "\r\n\r\n" + packed;
  };
  const auto read = read_pieces(post(gzip(std::string(1'000, 'x'))), 7);
  REQUIRE(read.requests.size() == 1);
  CHECK(read.requests[0].body == std::string(1'000, 'x'));
  CHECK(refused_status(post(gzip(std::string(1'001, 'x')))) == 413);
  CHECK(refused_status(post("no gzip")) == 400);
}

TEST_CASE("The reader reports which part of the request it expects") {
  request_reader reader{small_limits};
  CHECK(reader.is_idle());
  reader.feed("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r");
  CHECK_FALSE(reader.is_idle());
  CHECK(reader.next() == request_reader::step::need_more);
  CHECK_FALSE(reader.is_in_body());
  reader.feed("\n");
  CHECK(reader.next() == request_reader::step::head);
  CHECK(reader.current().asks_continue);
  CHECK(reader.is_in_body());
  CHECK(reader.next() == request_reader::step::need_more);
  reader.feed("okrest");
  CHECK(reader.next() == request_reader::step::request);
  CHECK(reader.take().what.body == "ok");
  CHECK(reader.take_rest() == "rest");
  CHECK(reader.is_idle());
  CHECK(reader.buffered() == 0);
}

TEST_CASE("Keep-alive follows from the version and the Connection field") {
  const auto goes_on = [](const std::string& head) {
    request_reader reader{small_limits};
    reader.feed(head);
    REQUIRE(reader.next() == request_reader::step::request);
    return reader.current().keep_alive;
  };
  CHECK(goes_on("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  CHECK_FALSE(goes_on("GET / HTTP/1.1\r\nHost: h\r\nConnection: foo, Close\r\n\r\n"));
  CHECK_FALSE(goes_on("GET / HTTP/1.0\r\n\r\n"));
  CHECK(goes_on("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
}
