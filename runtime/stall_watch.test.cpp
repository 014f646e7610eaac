#include "runtime/stall_watch.hpp"

#include <vector>

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace std::chrono_literals;

TEST_CASE("a probe that waits too long is reported until it is answered", "[stall_watch]") {
  std::vector<std::function<void()>> sent;
  const auto send = [&](std::function<void()> probe) { sent.push_back(std::move(probe)); };
  stall_watch watch{5s};
  const stall_watch::steady::time_point start{};
  CHECK_FALSE(watch.check(start, send));
  CHECK_FALSE(watch.check(start + 5s, send));
  CHECK(watch.check(start + 6s, send) == 6s);
  CHECK(watch.check(start + 60s, send) == 60s);
  REQUIRE(sent.size() == 1);  // one at a time
  sent[0]();
  CHECK_FALSE(watch.check(start + 61s, send));
  CHECK(sent.size() == 2);
  CHECK_FALSE(watch.check(start + 65s, send));
  sent[1]();
  // However long nobody has asked, a probe that was answered is no stall.
  CHECK_FALSE(watch.check(start + 1h, send));
  CHECK(sent.size() == 3);
}
