#include "cli/target/parked_check.hpp"

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::cli;
using namespace std::chrono_literals;

namespace {

run_view waiting_for(const char* kind) {
  run_view run;
  run.waiting_on.push_back({"n", kind, "x"});
  return run;
}

}  // namespace

TEST_CASE("a run that waits for a signal is looked at once, after the event") {
  const parked_check::clock::time_point start{1h};
  parked_check check;
  CHECK_FALSE(check.is_due(start));
  check.request(start);
  REQUIRE(check.is_due(start));
  check.begin(start);
  check.found(waiting_for("signal"), start);
  CHECK_FALSE(check.is_due(start + 1h));
}

TEST_CASE("a run that waits for a subflow is looked at again and again, less and less often") {
  parked_check::clock::time_point now{1h};
  parked_check check{300ms};
  check.request(now);
  for (const auto pause : {50ms, 100ms, 200ms, 300ms, 300ms}) {
    REQUIRE(check.is_due(now));
    check.begin(now);
    check.found(waiting_for("run"), now);
    CHECK_FALSE(check.is_due(now + pause - 1ms));
    now += pause;
  }
}

TEST_CASE("many events do not lead to many looks") {
  const parked_check::clock::time_point start{1h};
  parked_check check;
  check.request(start);
  check.begin(start);
  check.found(waiting_for("run"), start);
  check.request(start + 1ms);
  CHECK_FALSE(check.is_due(start + tick_interval - 1ms));
  CHECK(check.is_due(start + tick_interval));
}
