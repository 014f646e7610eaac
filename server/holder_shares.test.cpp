#include "server/holder_shares.hpp"

#include "tests/support/catch.hpp"

using pawl::server::holder_shares;

TEST_CASE("The largest holder is the one with the most bytes now") {
  holder_shares shares;
  CHECK(shares.empty());
  shares.add("a", 10);
  shares.add("b", 15);
  shares.add("a", 10);
  CHECK(shares.largest() == "a");
  CHECK(shares.total() == 35);
  shares.remove("a", 10);
  CHECK(shares.largest() == "b");
  shares.remove("b", 15);
  CHECK(shares.largest() == "a");
  shares.remove("a", 10);
  CHECK(shares.empty());
  CHECK(shares.total() == 0);
}
