#include "server/http/connection_limiter.hpp"

#include "tests/support/catch.hpp"

using pawl::server::http::admission;
using pawl::server::http::connection_limiter;

TEST_CASE("Connections are limited in total and per counted peer") {
  connection_limiter limiter{4, 2};
  CHECK(limiter.admit("10.0.0.1", true) == admission::admitted);
  CHECK(limiter.admit("10.0.0.1", true) == admission::admitted);
  CHECK(limiter.admit("10.0.0.1", true) == admission::too_many_from_peer);
  CHECK(limiter.admit("127.0.0.1", false) == admission::admitted);
  CHECK(limiter.admit("127.0.0.1", false) == admission::admitted);
  CHECK(limiter.admit("10.0.0.2", true) == admission::too_many);
  CHECK(limiter.count() == 4);

  limiter.release("127.0.0.1", false);
  CHECK(limiter.admit("10.0.0.1", true) == admission::too_many_from_peer);
  limiter.release("10.0.0.1", true);
  CHECK(limiter.admit("10.0.0.1", true) == admission::admitted);
}

TEST_CASE("A limiter waits until no connection is left") {
  connection_limiter limiter{4, 2};
  const auto now = std::chrono::steady_clock::now();
  CHECK(limiter.wait_until_empty(now));
  CHECK(limiter.admit("a", true) == admission::admitted);
  CHECK_FALSE(limiter.wait_until_empty(now));
  limiter.release("a", true);
  CHECK(limiter.wait_until_empty(now));
}
