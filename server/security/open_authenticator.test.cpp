#include "server/security/caller.hpp"
#include "tests/support/catch.hpp"

using namespace pawl::server;

namespace {

bool is_accepted(const std::string& host, const std::string& origin = "") {
  http::request request;
  request.peer = "127.0.0.1";
  request.loopback = true;
  request.fields.add("Host", host);
  if (!origin.empty()) request.fields.add("Origin", origin);
  const auto answer = make_open_authenticator({"http://Trusted.example"})->authenticate(request);
  return std::holds_alternative<caller>(answer);
}

}  // namespace

TEST_CASE("Without keys, the names of this machine are accepted in any case") {
  for (const auto* host : {"localhost", "LocalHost", "LOCALHOST:7717", "127.0.0.1", "[::1]:7717"})
    CHECK(is_accepted(host));
  for (const auto* host : {"", "localhost.evil.example", "evil.example", "127.evil"})
    CHECK_FALSE(is_accepted(host));
}

TEST_CASE("Without keys, an origin is compared without regard to case") {
  CHECK(is_accepted("LocalHost:7717", "http://localhost:7717"));
  CHECK(is_accepted("localhost", "http://trusted.EXAMPLE"));
  CHECK_FALSE(is_accepted("localhost", "http://evil.example"));
}
