#include "server/http/address.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using pawl::server::http::parse_address;

TEST_CASE("A listen address is an IP address with a port or a Unix socket") {
  for (const char* const text :
       {"127.0.0.1:7717", "0.0.0.0:0", "[::1]:7717", "[::]:65535", "unix:/run/pawl.sock"}) {
    CAPTURE(text);
    const auto read = parse_address(text);
    REQUIRE(read);
    CHECK(to_string(*read) == text);
  }
  CHECK(to_string(*parse_address("localhost:80")) == "127.0.0.1:80");
}

TEST_CASE("An invalid listen address is refused with an example of a valid one") {
  const std::string long_path = "unix:/" + std::string(200, 'x');
  for (const std::string text :
       {"", "7717", ":7717", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:1x", "::1:7717", "[127.0.0.1]:1", "[]:1", "example.com:80",
        "unix:", "unix:relative", "unix:/", long_path.c_str(), "127.0.0.1\n:1"}) {
    CAPTURE(text);
    const auto read = parse_address(text);
    REQUIRE_FALSE(read);
    CHECK(pawl::testing::contains(read.error().message, "127.0.0.1:7717"));
    CHECK(read.error().message.find('\n') == std::string::npos);
  }
}
