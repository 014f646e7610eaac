#include "actors/check_schedule.hpp"

#include "tests/support/catch.hpp"

using pawl::actors::check_schedule;
using namespace std::chrono_literals;

TEST_CASE("a check is scheduled only if no earlier one is due", "[dispatcher]") {
  constexpr check_schedule::time start{};
  check_schedule checks;
  CHECK(checks.add(start + 10ms));
  CHECK_FALSE(checks.add(start + 10ms));
  CHECK_FALSE(checks.add(start + 20ms));
  CHECK(checks.add(start + 5ms));
  checks.on_check(start + 5ms);
  CHECK_FALSE(checks.add(start + 20ms));  // the message of 10 ms is still under way
  checks.on_check(start + 10ms);
  CHECK(checks.add(start + 20ms));
}
