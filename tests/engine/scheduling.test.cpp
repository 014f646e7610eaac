// What the threads of an engine's scheduler are woken for.

#include <future>
#include <latch>

#include "tests/engine/fixture.hpp"
#include "tests/support/cpu_time.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

TEST_CASE("a run that ends does not wake the thread of the clock", "[engine][scheduling]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("f", "core.echo")));
  // Each shard wakes it once, for the deadline of the first wait.
  for (int i = 0; i < 200; ++i) REQUIRE(e.start_and_wait("f", json::object(), 60s));
  const auto before = usage_of_threads("caf.clock").times;
  CHECK(before > 0);
  for (int i = 0; i < 300; ++i) REQUIRE(e.start_and_wait("f", json::object(), 60s));
  CHECK(usage_of_threads("caf.clock").times - before < 100);
}

TEST_CASE("a call that holds a scheduler thread does not delay other runs",
          "[engine][scheduling]") {
  auto settings = quiet_settings();
  settings.engine.scheduler_threads = 2;
  engine e{settings};
  std::promise<void> released;
  std::latch holding{1};
  REQUIRE(e.functions().add("t.hold",
                            [&, until = released.get_future().share()](step_context&) {
                              holding.count_down();
                              until.wait();
                            },
                            {.run_inline = true}));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("hold", "t.hold")));
  REQUIRE(e.put_flow(task_flow("f", "core.echo")));
  const auto held = e.start("hold", json::object());
  REQUIRE(held);
  holding.wait();
  for (int i = 0; i < 100; ++i)
    CHECK(e.start_and_wait("f", json::object(), 60s)->summary.status == run_status::completed);
  released.set_value();
  CHECK(e.wait(held->id, 60s)->summary.status == run_status::completed);
}
