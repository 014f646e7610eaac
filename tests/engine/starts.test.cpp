// Starts: idempotency keys, unknown functions, inputs that are too large.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

TEST_CASE("a second start with the same id or key returns the existing run", "[engine]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("f", "core.echo")));
  const auto first = e.start("f", {{"a", 1}}, {.id = run_id{"mine"}});
  REQUIRE(first);
  CHECK(first->created);
  const auto again = e.start("f", {{"a", 1}}, {.id = run_id{"mine"}});
  REQUIRE(again);
  CHECK_FALSE(again->created);
  const auto other = e.start("f", {{"a", 2}}, {.id = run_id{"mine"}});
  REQUIRE_FALSE(other);
  CHECK(other.error().code == errc::already_exists);

  const auto keyed = e.start("f", {}, {.key = "order 17/ä"});
  REQUIRE(keyed);
  const auto keyed_again = e.start("f", {}, {.key = "order 17/ä"});
  REQUIRE(keyed_again);
  CHECK(keyed_again->id == keyed->id);
  CHECK_FALSE(keyed_again->created);
}

TEST_CASE("exactly one of many concurrent starts with one key creates the run", "[engine]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("f", "core.echo")));
  std::atomic<int> created{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] {
      for (int k = 0; k < 50; ++k) {
        const auto started = e.start("f", {}, {.key = "k" + std::to_string(k)});
        if (started && started->created) ++created;
      }
    });
  }
  for (auto& c : callers) c.join();
  CHECK(created == 50);
  CHECK(e.runs().list({.limit = 1000})->runs.size() == 50);
}

TEST_CASE("an input or a result that is too large is refused", "[engine]") {
  engine e{quiet_settings()};
  REQUIRE(e.functions().add("t.big", [](step_context&) {
    return json{{"blob", std::string(10u << 20, 'x')}};
  }));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("f", "t.big")));
  const auto refused = e.start("f", {{"blob", std::string(10u << 20, 'x')}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::limit_exceeded);
  const auto failed = e.start_and_wait("f", {}, 10s);
  REQUIRE(failed);
  CHECK(failed->summary.error->type == "invalid_result");
}
