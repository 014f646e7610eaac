#include "actors/engine_time.hpp"

#include <memory>

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace std::chrono_literals;
using actors::engine_time;

namespace {

/// Both clocks as the test sets them.
struct test_clock final : actors::clock {
  time_point wall = from_unix_us(1'700'000'000'000'000);
  std::chrono::steady_clock::time_point monotonic{};

  time_point now() const override { return wall; }
  std::chrono::steady_clock::time_point ticks() const override { return monotonic; }
  void pass(std::chrono::microseconds time) {
    wall += time;
    monotonic += time;
  }
};

}  // namespace

TEST_CASE("the engine time is that of the wall clock while that is not set back", "[clock]") {
  const auto clock = std::make_shared<test_clock>();
  const engine_time time{clock};
  for (int i = 0; i < 3; ++i) {
    clock->pass(10s);
    if (i == 1) clock->wall += 1h;  // set forward, or the machine slept
    CHECK(time.now() == clock->wall);
    CHECK(time.lead() == 0s);
  }
}

TEST_CASE("the engine time goes on as before when the wall clock is set back", "[clock]") {
  const auto clock = std::make_shared<test_clock>();
  const engine_time time{clock};
  clock->pass(10s);
  const auto before = time.now();
  clock->wall -= 1h;
  clock->pass(10s);
  CHECK(time.now() == before + 10s);
  CHECK(time.read().wall_clock == clock->wall);
  CHECK(time.lead() == 1h);

  clock->wall -= 1h;
  CHECK(time.now() == before + 10s);
  CHECK(time.lead() == 2h);
  clock->wall += 90min;  // partly put right
  CHECK(time.now() == before + 10s);
  CHECK(time.lead() == 30min);
  clock->wall += 31min;
  CHECK(time.now() == before + 10s + 1min);
  CHECK(time.lead() == 0s);
}

TEST_CASE("the engine time continues with a lead that was stored", "[clock]") {
  const auto clock = std::make_shared<test_clock>();
  const engine_time time{clock, 1h};
  CHECK(time.now() == clock->wall + 1h);
  CHECK(time.lead() == 1h);
  clock->wall += 1h;  // the time at which it was set back is over
  CHECK(time.now() == clock->wall);
}

TEST_CASE("a clock difference that is too small to notice is not a lead", "[clock]") {
  const auto clock = std::make_shared<test_clock>();
  const engine_time time{clock};
  clock->wall -= 50ms;
  CHECK(time.now() == clock->wall + 50ms);
  CHECK(time.lead() == 0s);
}
