#include "actors/step_timers.hpp"

#include <atomic>
#include <string>

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace std::chrono_literals;
using actors::step_timers;

namespace {

/// A clock that a test sets.
class set_clock final : public actors::clock {
 public:
  [[nodiscard]] time_point now() const override { return from_unix_us(now_us); }
  [[nodiscard]] std::chrono::steady_clock::time_point ticks() const override {
    return std::chrono::steady_clock::time_point{std::chrono::microseconds{ticks_us}};
  }
  void pass(std::chrono::microseconds time) {
    now_us += time.count();
    ticks_us += time.count();
  }
  std::atomic<std::int64_t> now_us{1'000'000'000};
  std::atomic<std::int64_t> ticks_us{0};
};

struct timed {
  std::shared_ptr<set_clock> clock = std::make_shared<set_clock>();
  std::shared_ptr<actors::engine_time> time = std::make_shared<actors::engine_time>(clock);
  step_timers timers{time};
  std::string fired;

  step_timers::id start(std::chrono::milliseconds duration, char name) {
    return timers.start(duration, [this, name] { fired += name; });
  }
  void pass(std::chrono::milliseconds duration) {
    clock->pass(duration);
    timers.fire_due(time->now());
  }
};

}  // namespace

TEST_CASE("timers of steps fire in the order in which they are due", "[step_timers]") {
  timed t;
  static_cast<void>(t.start(30ms, 'c'));
  static_cast<void>(t.start(10ms, 'a'));
  static_cast<void>(t.start(20ms, 'b'));
  t.pass(9ms);
  CHECK(t.fired.empty());
  t.pass(1ms);
  CHECK(t.fired == "a");
  t.pass(1h);
  CHECK(t.fired == "abc");
  CHECK_FALSE(t.timers.next_due());
}

TEST_CASE("a timer that is cancelled does not fire, and releases what it holds", "[step_timers]") {
  timed t;
  const auto held = std::make_shared<int>(1);
  const auto id = t.timers.start(10ms, [&t, held] { t.fired += 'x'; });
  CHECK(held.use_count() == 2);
  t.timers.cancel(id);
  CHECK(held.use_count() == 1);
  t.timers.cancel(id);
  t.pass(1h);
  CHECK(t.fired.empty());
}

TEST_CASE("a wall clock that is set back does not postpone a timer", "[step_timers]") {
  timed t;
  static_cast<void>(t.start(10ms, 'a'));
  t.clock->now_us -= 3'600'000'000;
  t.pass(10ms);
  CHECK(t.fired == "a");
}

TEST_CASE("the actor of the timers is woken only for one that is due before all others",
          "[step_timers]") {
  timed t;
  int wakes = 0;
  t.timers.on_earlier([&] { ++wakes; });
  static_cast<void>(t.start(10ms, 'a'));
  for (int i = 0; i < 1'000; ++i) static_cast<void>(t.start(20ms, 'b'));
  CHECK(wakes == 1);
  static_cast<void>(t.start(5ms, 'c'));
  CHECK(wakes == 2);
  t.timers.on_earlier({});
  static_cast<void>(t.start(1ms, 'd'));
  CHECK(wakes == 2);
}

TEST_CASE("a timer can be started and cancelled by one that fires", "[step_timers]") {
  timed t;
  const auto later = t.start(20ms, 'x');
  static_cast<void>(t.timers.start(10ms, [&] {
    t.timers.cancel(later);
    static_cast<void>(t.start(0ms, 'y'));
  }));
  t.pass(20ms);
  CHECK(t.fired == "y");
}
