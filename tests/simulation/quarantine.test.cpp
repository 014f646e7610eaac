#include <string>

#include "persistence/runs.hpp"
#include "tests/simulation/fixtures.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::simulation;

TEST_CASE("a run that crashes its actor repeatedly is quarantined, and other runs are not affected",
          "[simulation][supervision]") {
  world w{7};
  w.crashes = [](const actors::invocation& call) { return call.run.id.str() == "bad"; };
  settings s;
  s.engine.shards = 1;
  s.engine.restart_limit = 3;
  s.engine.restart_first_delay_ms = std::chrono::milliseconds{100};
  s.engine.restart_max_delay_ms = std::chrono::milliseconds{150};
  engine_life engine{w, std::make_shared<persistence::memory_store>(), s,
                     simulated_functions(7, true)};
  put_flow(engine, {{"name", "flow"},
                    {"nodes",
                     {{{"id", "begin"}, {"type", "start"}},
                      {{"id", "t"}, {"type", "task"}, {"data", {{"code_ref", "sim.step"}}}}}},
                    {"edges", {{{"source", "begin"}, {"target", "t"}}}}});
  run_until_idle(engine);
  const auto start = [&](const run_key& key) {
    return send_command(engine, key, start_of(key, "flow", json::object()));
  };
  const auto loaded = [&](const run_key& key) {
    auto found = persistence::load_run(*engine.store().durable_view(), key);
    REQUIRE(found);
    REQUIRE(found->has_value());
    return std::move((*found)->state);
  };
  const run_key bad{in, run_id{"bad"}};
  const run_key good{in, run_id{"good"}};
  const auto bad_started = start(bad);
  const auto good_started = start(good);
  // A command that comes while the actor is down is answered, at least with `unavailable`.
  command_answer late;
  while (engine.step()) {
    if (late || !*bad_started || engine.context().active_runs.used() > 0) continue;
    late = start(bad);
  }
  REQUIRE(*good_started);
  if (!**good_started) FAIL((*good_started)->error().message);
  CHECK(loaded(good).status == run_status::completed);
  REQUIRE(late);
  CHECK(late->has_value());

  const auto quarantined = loaded(bad);
  CHECK(quarantined.status == run_status::failed);
  REQUIRE(quarantined.error);
  CHECK(quarantined.error->type == "engine.quarantined");
  INFO(quarantined.error->message);
  CHECK(quarantined.error->message.find("crashed 4 times") != std::string::npos);
  CHECK(quarantined.error->message.find("a crash made by the test") != std::string::npos);
  CHECK(w.calls.size() == 1);  // of the good run

  // The cause is fixed: the run is retried from the failed step.
  w.crashes = [](const actors::invocation&) { return false; };
  const auto retried = send_command(engine, bad, flow::retry_command{});
  run_until_idle(engine);
  REQUIRE(*retried);
  CHECK((*retried)->has_value());
  CHECK(loaded(bad).status == run_status::completed);
  CHECK(w.calls.size() == 2);
}
