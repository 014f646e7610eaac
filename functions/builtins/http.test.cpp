#include <atomic>
#include <thread>
#include <vector>

#include "flow/values/json_size.hpp"
#include "functions/http/test_client.hpp"
#include "functions/http/test_server.hpp"
#include "tests/support/text.hpp"

using pawl::json;
using pawl::functions::step_with;
using pawl::functions::http::always;
using pawl::functions::http::answer_with;
using pawl::functions::http::test_client;
using pawl::functions::http::test_connection;
using pawl::functions::http::test_request;
using pawl::functions::http::test_server;
using pawl::testing::contains;

TEST_CASE("core.http returns text and headers") {
  const test_server server{
      always(answer_with(200, "hällo",
                         "Content-Type: text/plain; charset=utf-8\r\nX-One: 1\r\nx-one: "
                         "2\r\nSet-Cookie: a=1, b\r\nSet-Cookie: c=2\r\n"))};
  REQUIRE(server.ready());
  const test_client client;
  CHECK(client.good({{"url", server.url("/a/b?c=d#e")}}) ==
        json{{"status", 200},
             {"url", server.url("/a/b?c=d")},
             {"body", "hällo"},
             {"headers",
              {{"content-type", "text/plain; charset=utf-8"},
               {"content-length", "6"},
               {"set-cookie", {"a=1, b", "c=2"}},
               {"x-one", "1, 2"}}}});
  const auto got = server.requests().at(0);
  CHECK(got.method == "GET");
  CHECK(got.target == "/a/b?c=d");
  CHECK(got.headers.at("host") == server.address());
  CHECK(got.headers.at("user-agent").starts_with("pawl/"));
  CHECK(got.headers.at("idempotency-key") == "run-1/node/1");
  CHECK(got.headers.count("content-type") == 0);
  CHECK(got.headers.count("content-length") == 0);
}

TEST_CASE("core.http sends each method with the given body") {
  const test_server server{always(answer_with(200, ""))};
  const test_client client;
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"}) {
    CAPTURE(method);
    CHECK(client.good({{"url", server.url()}, {"method", method}})["body"] == "");
    CHECK(client.good({{"url", server.url()}, {"method", method}, {"body", "a\r\nb"}})["status"] ==
          200);
    const auto all = server.requests();
    const auto& without = all.at(all.size() - 2);
    CHECK(without.method == method);
    CHECK(without.body.empty());
    CHECK(all.back().method == method);
    CHECK(all.back().body == "a\r\nb");
    CHECK(all.back().headers.count("content-type") == 0);
  }
  client.good({{"url", server.url()}, {"method", "post"}});
  CHECK(server.requests().back().method == "POST");
  CHECK(server.requests().back().headers.at("content-length") == "0");
}

TEST_CASE("core.http sends a large body at once") {
  const test_server server{always(answer_with(200, ""))};
  const std::string large(3'000'000, 'x');
  test_client{}.good({{"url", server.url()}, {"method", "PUT"}, {"body", large}});
  const auto got = server.requests().at(0);
  CHECK((got.body == large));
  CHECK(got.headers.count("expect") == 0);
}

TEST_CASE("core.http reads the headers of a HEAD response and does not wait for a body") {
  const test_server server{always("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")};
  const auto got = test_client{}.good({{"url", server.url()}, {"method", "HEAD"}});
  CHECK(got["headers"]["content-length"] == "1000000000");
  CHECK(got["body"] == "");
  test_client{}.failure({{"url", server.url()}, {"method", "HEAD"}, {"body", "x"}},
                        "invalid_arguments");
}

TEST_CASE("core.http sends and reads JSON") {
  const test_server server{[](const test_request& got, const test_connection&) {
    return answer_with(200, got.body, "Content-Type: application/problem+json ; a=b\r\n");
  }};
  const test_client client;
  const json value{{"text", "ü\n"}, {"list", {1, 2.5, nullptr, true}}};
  const auto got = client.good({{"url", server.url()}, {"method", "POST"}, {"json", value}});
  CHECK(got["json"] == value);
  CHECK(got["body"] == value.dump());
  CHECK(server.requests().back().headers.at("content-type") == "application/json");

  CHECK(client.good({{"url", server.url()}, {"method", "POST"}, {"json", nullptr}})["json"] ==
        nullptr);
  client.good({{"url", server.url()},
               {"method", "POST"},
               {"json", 1},
               {"headers", {{"content-Type", "application/x"}}}});
  CHECK(server.requests().back().headers.at("content-type") == "application/x");
}

TEST_CASE("core.http fails when a body that claims to be JSON is not") {
  const test_client client;
  const auto answering = [&](const std::string& body, const std::string& type) {
    return test_server{always(answer_with(200, body, "Content-Type: " + type + "\r\n"))};
  };
  const auto good = [&](const std::string& body, const std::string& type, const json& more) {
    const auto server = answering(body, type);
    json args{{"url", server.url()}};
    args.update(more);
    return client.good(args);
  };
  CHECK(good("[1]", "application/json", json::object())["json"] == json{1});
  CHECK(good("[1]", "application/json", {{"parse", "json"}})["json"] == json{1});
  CHECK_FALSE(good("[1", "text/plain", json::object()).contains("json"));
  const std::string not_json[] = {"",
                                  "[1",
                                  "1e999",
                                  R"(["\ud800"])",
                                  "nan",
                                  "[1] [2]",
                                  "\xe4\xf6\xfc",
                                  "{\"a\":\"\xe4\"}",
                                  "[1,]",
                                  "<html></html>",
                                  std::string(100'000, '[')};
  for (const auto& body : not_json) {
    INFO(body.substr(0, 100));
    const auto server = answering(body, "application/json; charset=utf-8");
    const auto why = client.failure({{"url", server.url()}}, "http_bad_json");
    CHECK(contains(why, "\"parse\": \"text\""));
    const auto got = good(body, "application/problem+json", {{"parse", "text"}});
    CHECK_FALSE(got.contains("json"));
    CHECK(got.contains("body") != got.contains("body_base64"));
  }
  CHECK(good("[1", "application/json", {{"parse", "text"}})["body"] == "[1");
  client.failure({{"url", "http://127.0.0.1:1/"}, {"parse", "xml"}}, "invalid_arguments");
}

TEST_CASE("core.http expects no JSON where a response has no body") {
  const test_client client;
  const test_server server{
      always("HTTP/1.1 204 No Content\r\nContent-Type: application/json\r\n\r\n")};
  CHECK_FALSE(client.good({{"url", server.url()}}).contains("json"));
  const test_server head{
      always("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n")};
  CHECK_FALSE(client.good({{"url", head.url()}, {"method", "HEAD"}}).contains("json"));
}

TEST_CASE("core.http decodes a body that is encoded, asked for or not") {
  // gzip of {"a":1}
  const std::string zipped{
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\x4a\x54\xb2\x32\xac\x05\x00\xaf\xac"
      "\x1b\x56\x07\x00\x00\x00",
      27};
  const test_client client;
  const std::string type = "Content-Type: application/json\r\n";
  const test_server server{always(answer_with(200, zipped, type + "Content-Encoding: gzip\r\n"))};
  CHECK(client.good({{"url", server.url()}})["json"] == json{{"a", 1}});
  CHECK(contains(server.requests().back().headers.at("accept-encoding"), "gzip"));
  CHECK(client.good({{"url", server.url()},
                     {"headers", {{"Accept-Encoding", "identity"}}}})["json"] == json{{"a", 1}});
  // The limit is that of the decoded body.
  client.failure({{"url", server.url()}, {"max_bytes", 6}}, "too_large");

  const test_server unknown{
      always(answer_with(200, zipped, type + "Content-Encoding: x-secret\r\n"))};
  CHECK(
      contains(client.failure({{"url", unknown.url()}}, "http_bad_encoding"), "Content-Encoding"));
  const test_server damaged{always(
      answer_with(200, zipped.substr(0, 12) + "xxxxxxxx", type + "Content-Encoding: gzip\r\n"))};
  client.failure({{"url", damaged.url()}}, "http_bad_encoding");
}

TEST_CASE("core.http fails on an encoded body that is incomplete or damaged") {
  const std::string raw{"\xcb\x48\xcd\xc9\xc9\x57\xc8\x00\x91\x00", 10};  // hello hello
  const std::string gzip = std::string{"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10} + raw +
                           std::string{"\x40\xa6\x2d\x01\x0b\x00\x00\x00", 8};
  const std::string zlib = "\x78\x9c" + raw + "\x19\x91\x04\x49";
  const test_client client;
  const auto served = [](const std::string& coding, const std::string& body) {
    return always(answer_with(200, body, "Content-Encoding: " + coding + "\r\n"));
  };
  const auto whole = [&](const std::string& coding, const std::string& body) {
    const test_server server{served(coding, body)};
    return client.good({{"url", server.url()}})["body"];
  };
  const auto refused = [&](const std::string& coding, const std::string& body) {
    INFO(coding << " " << body.size());
    const test_server server{served(coding, body)};
    client.failure({{"url", server.url()}}, "http_bad_encoding");
  };
  CHECK(whole("gzip", gzip) == "hello hello");
  CHECK(whole("X-GZIP", gzip + gzip) == "hello hellohello hello");
  CHECK(whole("deflate", zlib) == "hello hello");
  CHECK(whole("deflate", raw) == "hello hello");
  CHECK(whole("identity", "hello") == "hello");
  CHECK(whole("gzip", "").get<std::string>().empty());
  for (std::size_t size = 1; size < gzip.size(); ++size) refused("gzip", gzip.substr(0, size));
  for (std::size_t size = 1; size < zlib.size(); ++size) refused("deflate", zlib.substr(0, size));
  for (std::size_t size = 1; size < raw.size(); ++size) refused("deflate", raw.substr(0, size));
  refused("gzip", gzip.substr(0, 20) + "xxxx" + gzip.substr(24));  // the CRC
  refused("deflate", zlib.substr(0, 12) + "xxxx");
  refused("gzip", gzip + "more");
  refused("deflate", zlib + "more");
  refused("gzip, deflate", gzip);
}

TEST_CASE("core.http returns a body that is not text as base64") {
  const std::string bytes{"\xff\x00\x01\xfe", 4};
  const test_server server{
      always(answer_with(200, bytes, "Content-Type: application/octet-stream\r\n"))};
  const auto got = test_client{}.good({{"url", server.url()}});
  CHECK(got["body_base64"] == "/wAB/g==");
  CHECK_FALSE(got.contains("body"));
  CHECK_FALSE(got.contains("json"));

  const test_server odd{always(answer_with(200, "", "X-Odd: \xff\r\n"))};
  CHECK(test_client{}.good({{"url", odd.url()}})["headers"]["x-odd"] == "\xef\xbf\xbd");
}

TEST_CASE("core.http sends the given headers") {
  const test_server server{always(answer_with(200, ""))};
  test_client{}.good({{"url", server.url()},
                      {"headers",
                       {{"X-Token", "Bearer s3cret"},
                        {"X-Empty", ""},
                        {"X-Blank", " \t"},
                        {"accept", "a/b"},
                        {"User-Agent", "me"},
                        {"X-Text", "ü;a:b"}}}});
  const auto got = server.requests().at(0);
  CHECK(contains(got.head, "\r\nX-Token: Bearer s3cret\r\n"));
  CHECK(contains(got.head, "\r\nX-Text: ü;a:b\r\n"));
  CHECK(got.headers.at("x-empty").empty());
  CHECK(got.headers.at("x-blank").empty());
  CHECK(got.headers.at("accept") == "a/b");
  CHECK(got.headers.at("user-agent") == "me");
}

TEST_CASE("a status that is not accepted fails with the beginning of the body") {
  const test_server server{
      always(answer_with(503, "try\r\nagain\x1b[31m \xff later " + std::string(500, 'x')))};
  const test_client client;
  const auto message = client.failure({{"url", server.url("/a?token=s3cret")}}, "http_status");
  CHECK(contains(message,
                 "GET " + server.url("/a") +
                     " returned status 503, not 2xx: try  again [31m \xef\xbf\xbd later xxx"));
  CHECK_FALSE(contains(message, "s3cret"));
  CHECK(message.size() < 350);

  CHECK(client.good({{"url", server.url()}, {"accept_status", {"2xx", 503}}})["status"] == 503);
  CHECK(contains(
      client.failure({{"url", server.url()}, {"accept_status", {"4xx", 200}}}, "http_status"),
      "not 4xx, 200"));
  for (const json& bad : {json("2xx"), json::array(), json{99}, json{600}, json{"2x"}, json{"200"},
                          json{"6xx"}, json{"2xxx"}, json{nullptr}, json{200.5}})
    client.failure({{"url", server.url()}, {"accept_status", bad}}, "invalid_arguments");
}

TEST_CASE("the error of a status that is not accepted has details of the response") {
  const auto details = [](std::string answer) {
    const test_server server{always(std::move(answer))};
    const auto got = test_client{}.call({{"url", server.url()}});
    REQUIRE_FALSE(got);
    REQUIRE(got.error().details);
    CHECK(pawl::flow::json_size(*got.error().details) <= pawl::max_error_details_bytes);
    return *got.error().details;
  };
  const auto with_headers = [](const std::string& headers, const std::string& body) {
    return "HTTP/1.1 402 No\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers +
           "\r\n" + body;
  };
  const std::string json_type = "Content-Type: application/problem+json\r\n";
  const json declined =
      details(with_headers(json_type + "Set-Cookie: id=s3cret\r\n", R"({"code":"card_declined"})"));
  CHECK(declined.at("status") == 402);
  CHECK(declined.at("json") == json{{"code", "card_declined"}});
  CHECK(declined.at("headers").at("content-type") == "application/problem+json");
  CHECK_FALSE(contains(declined.dump(), "s3cret"));
  CHECK_FALSE(declined.contains("retry_after"));

  CHECK(details(with_headers("Retry-After: 120\r\n", "")).at("retry_after") == 120);
  CHECK(details(with_headers("Retry-After: soon\r\n", "")).contains("retry_after") == false);
  CHECK(details(with_headers("Retry-After: -5\r\n", "")).contains("retry_after") == false);
  const json in_future =
      details(with_headers("Retry-After: Fri, 01 Jan 2100 00:00:00 GMT\r\n", ""));
  CHECK(in_future.at("retry_after") > 1'000'000);

  CHECK(details(with_headers(json_type, "{\"cut")).at("body") == "{\"cut");
  const json large = details(with_headers(json_type, json(std::string(8'000, 'x')).dump()));
  CHECK(large.at("status") == 402);
  CHECK(large.at("body").get<std::string>().size() < pawl::max_error_details_bytes);
  const json long_header =
      details(with_headers("X-Long: " + std::string(5'000, 'y') + "\r\n", "short"));
  CHECK(long_header.at("body") == "short");
  CHECK_FALSE(long_header.contains("headers"));
}

TEST_CASE("core.http stops reading when a status is not accepted") {
  const test_server server{[](const test_request&, const test_connection& c) {
    c.send("HTTP/1.1 500 No\r\n\r\n");
    while (c.send(std::string(64 * 1024, 'x'))) {
    }
    return std::string{};
  }};
  CHECK(contains(test_client{}.failure({{"url", server.url()}}, "http_status"), "status 500"));
}

TEST_CASE("core.http reads chunks and bodies that end with their connection") {
  const test_server chunks{
      always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: "
             "X-End\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nX-End: 1\r\n\r\n")};
  const auto got = test_client{}.good({{"url", chunks.url()}});
  CHECK(got["body"] == "abc");
  CHECK_FALSE(got["headers"].contains("x-end"));
  const test_server open{always("HTTP/1.0 200 OK\r\n\r\nabc")};
  CHECK(test_client{}.good({{"url", open.url()}})["body"] == "abc");
  const test_server early{
      always("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n" + answer_with(200, "abc"))};
  const auto final = test_client{}.good({{"url", early.url()}});
  CHECK(final["status"] == 200);
  CHECK_FALSE(final["headers"].contains("x-early"));
}

TEST_CASE("core.http writes no log line") {
  const test_server server{always(answer_with(500, "s3cret"))};
  auto step = step_with({{"url", server.url()}});
  CHECK_FALSE(test_client{}.call(step));
  CHECK(step.logs.empty());
}

TEST_CASE("core.http serves many steps at once") {
  const test_server server{
      [](const test_request& got, const test_connection&) { return answer_with(200, got.target); }};
  const test_client client;
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> steps;
    for (int i = 0; i < 8; ++i) {
      steps.emplace_back([&, i] {
        for (int k = 0; k < 10; ++k) {
          const auto path = "/" + std::to_string(i) + "/" + std::to_string(k);
          const auto got = client.call({{"url", server.url(path)}});
          if (got && got->at("body") == path) ++right;
        }
      });
    }
  }
  CHECK(right == 80);
}
