#include "runtime/queries/cursor.hpp"

#include "tests/support/catch.hpp"

using namespace pawl;

TEST_CASE("A cursor leads to the key after the last one of its page", "[cursor]") {
  const persistence::view::range all{"a", "b"};
  const std::string last = "a\xff/0";
  const auto next = cursor_key(make_cursor(last), all);
  REQUIRE(next);
  CHECK(*next == last + '\0');
}

TEST_CASE("A cursor that is malformed or outside of its range is refused", "[cursor]") {
  const persistence::view::range all{"b", "c"};
  const auto forged = make_cursor("a-other-scope");
  for (const std::string& bad : {std::string{"6"}, std::string{"6g"}, std::string{"zz"}, forged}) {
    CAPTURE(bad);
    const auto refused = cursor_key(bad, all);
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == error{errc::invalid_argument,
                                   "invalid cursor; use the one returned with the previous page"});
  }
}
