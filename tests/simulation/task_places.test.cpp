// The places that queued tasks take from their scope.

#include <memory>
#include <string>

#include "tests/simulation/fixtures.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::simulation;

TEST_CASE("the queued tasks of a store are counted once, before any actor runs",
          "[simulation][workers]") {
  world w{1};
  w.crashes = [](const actors::invocation&) { return false; };
  settings s;
  s.worker.default_queue = "default";
  s.worker.max_queued_tasks = 8;
  auto engine = std::make_unique<engine_life>(w, std::make_shared<persistence::memory_store>(), s,
                                              simulated_functions(1, true));
  put_flow(*engine,
           {{"name", "flow"},
            {"nodes",
             {{{"id", "begin"}, {"type", "start"}},
              {{"id", "work"}, {"type", "task"}, {"data", {{"code_ref", "of.a_worker"}}}}}},
            {"edges", {{{"source", "begin"}, {"target", "work"}}}}});
  run_until_idle(*engine);
  for (const char* const id : {"a", "b", "c"}) {
    const run_key key{in, run_id{id}};
    const auto answer = send_command(*engine, key, start_of(key, "flow", json::object()));
    run_until_idle(*engine);
    REQUIRE(answer->has_value());
    REQUIRE((*answer)->has_value());
  }
  REQUIRE(engine->context().queued_tasks.now().used == 3);

  auto disk = engine->disk()->after_power_loss();
  engine.reset();
  engine = std::make_unique<engine_life>(w, std::move(disk), s, simulated_functions(1, true));
  CHECK(engine->context().queued_tasks.now().used == 3);
  run_until_idle(*engine);
  CHECK(engine->context().queued_tasks.now().used == 3);
}
