#include "server/http/admission.hpp"

#include "tests/support/catch.hpp"

using pawl::server::http::admission;
using pawl::server::http::admissions;

TEST_CASE("Connections are limited in all, and by peer where the peer is counted") {
  admissions door{4, 2};
  CHECK(door.admit("10.0.0.1", true) == admission::admitted);
  CHECK(door.admit("10.0.0.1", true) == admission::admitted);
  CHECK(door.admit("10.0.0.1", true) == admission::too_many_of_peer);
  CHECK(door.admit("127.0.0.1", false) == admission::admitted);
  CHECK(door.admit("127.0.0.1", false) == admission::admitted);
  CHECK(door.admit("10.0.0.2", true) == admission::too_many);
  CHECK(door.present() == 4);

  door.leave("127.0.0.1", false);
  CHECK(door.admit("10.0.0.1", true) == admission::too_many_of_peer);
  door.leave("10.0.0.1", true);
  CHECK(door.admit("10.0.0.1", true) == admission::admitted);
}

TEST_CASE("It can be waited for that no connection is left") {
  admissions door{4, 2};
  const auto now = std::chrono::steady_clock::now();
  CHECK(door.wait_until_empty(now));
  CHECK(door.admit("a", true) == admission::admitted);
  CHECK_FALSE(door.wait_until_empty(now));
  door.leave("a", true);
  CHECK(door.wait_until_empty(now));
}
