#include "cli/target/server_address.hpp"

#include "tests/support/catch.hpp"

namespace pawl::cli {
namespace {

TEST_CASE("a server address is a URL or a socket") {
  CHECK(parse_server_address("http://127.0.0.1:7717")->url == "http://127.0.0.1:7717");
  CHECK(parse_server_address("https://pawl.example/sub/")->url == "https://pawl.example/sub");
  CHECK(parse_server_address("http://[::1]:7717")->url == "http://[::1]:7717");
  const auto socket = parse_server_address("unix:/run/pawl.sock");
  REQUIRE(socket);
  CHECK(socket->socket_path == "/run/pawl.sock");
  CHECK(socket->shown == "unix:/run/pawl.sock");
}

TEST_CASE("invalid server addresses are rejected") {
  for (const char* text : {"",
                           "x",
                           "127.0.0.1:7717",
                           "ftp://x",
                           "http://",
                           "http:///v1",
                           "http://a b",
                           "http://a\nb",
                           "http://a?b",
                           "http://a#b",
                           "http://127.0.0.1:7899x",
                           "http://a:",
                           "http://a:0",
                           "http://a:65536",
                           "http://a:-1/v1",
                           "http://a:1:2",
                           "http://[::1]:x",
                           "http://[::1",
                           "unix:",
                           "unix:relative",
                           "file:///etc/passwd"}) {
    INFO(text);
    const auto at = parse_server_address(text);
    REQUIRE_FALSE(at);
    CHECK(at.error().code == errc::invalid_argument);
  }
  CHECK_FALSE(parse_server_address("unix:/" + std::string(200, 'x')));
}

TEST_CASE("a password in an address is rejected and not repeated in the message") {
  const auto at = parse_server_address("http://ada:sesame@pawl.example");
  REQUIRE_FALSE(at);
  CHECK(at.error().message.find("sesame") == std::string::npos);
}

TEST_CASE("a token is one word without its line break") {
  CHECK(*parse_token("pawl_abc\n", "x") == "pawl_abc");
  CHECK(*parse_token("pawl_abc\r\n", "x") == "pawl_abc");
  for (const char* text : {"", "\n", "a b", "a\nb", "a\r\nHost: x", "\x7f", "ä"}) {
    INFO(text);
    CHECK_FALSE(parse_token(text, "x"));
  }
  CHECK_FALSE(parse_token(std::string(10'000, 'a'), "x"));
}

}  // namespace
}  // namespace pawl::cli
