#include <algorithm>
#include <vector>

#include "tests/simulation/fixtures.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::simulation;

TEST_CASE("a shard forwards the commands of other shards' runs, also its first message",
          "[simulation]") {
  // Found by seed 4291159787: a shard that did not know the others yet spawned a second actor for a
  // child run, and both wrote.
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    world w{seed};
    w.crashes = [](const actors::invocation&) { return false; };
    settings s;
    s.engine.shards = 3;
    auto store = std::make_shared<persistence::memory_store>();
    const auto functions = simulated_functions(seed, true);
    const json definition = {{"name", "flow"}, {"nodes", {{{"id", "begin"}, {"type", "start"}}}}};
    {
      engine_life before{w, store, s, functions};
      put_flow(before, definition);
      run_until_idle(before);
    }
    engine_life engine{w, store->after_process_death(), s, functions};
    const run_key key{in, run_id{"r"}};
    std::vector<command_answer> answers;
    for (const auto& shard : engine.actors().shards)
      answers.push_back(send_command(shard, key, start_of(key, "flow", json::object())));
    run_until_idle(engine);
    CHECK(answers.size() == 3);
    for (const auto& answer : answers) CHECK(answer->has_value());
    CHECK(std::count_if(answers.begin(), answers.end(),
                        [](const command_answer& a) { return *a && **a && (**a)->changed; }) == 1);
  }
}
