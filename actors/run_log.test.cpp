#include "actors/run_log.hpp"

#include "tests/support/catch.hpp"

using namespace pawl::actors;
using namespace std::chrono_literals;

TEST_CASE("of many failures in a second the first ones are logged and the others counted") {
  failure_log_limiter limiter;
  failure_log_limiter::time_point now{1h};
  int logged = 0;
  for (int i = 0; i < 10'000; ++i) logged += limiter.count(now).has_value() ? 1 : 0;
  CHECK(logged == 10);
  now += 999ms;
  CHECK_FALSE(limiter.count(now));
  now += 1ms;
  CHECK(limiter.count(now) == 9'991u);
  CHECK(limiter.count(now) == 0u);
}
