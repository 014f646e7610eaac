#include "server/http/message.hpp"

#include "tests/support/catch.hpp"

using pawl::server::http::fields;

TEST_CASE("Header fields are found case-insensitively, the first one of a name") {
  fields some{{"Host", "a"}, {"X-One", "1"}, {"x-one", "2"}};
  CHECK(some.find("HOST") == "a");
  CHECK(some.find("X-ONE") == "1");
  CHECK_FALSE(some.find("X-On"));
  CHECK(some.size() == 3);
}

TEST_CASE("Setting a header field replaces all fields of that name") {
  fields some{{"X-One", "1"}, {"Host", "a"}, {"x-one", "2"}};
  some.set("X-ONE", "3");
  CHECK(some.size() == 2);
  CHECK(some.find("x-one") == "3");
  CHECK(some.find("host") == "a");
}
