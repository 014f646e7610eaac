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

TEST_CASE("a start uses the version that was published last", "[engine]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  const auto put = [&](int i, bool publish) {
    json flow = task_flow("f", "core.echo", {{"with", {{"i", i}}}});
    put_flow_options options;
    options.publish = publish;
    return e.scope().flows().put(flow, options)->id.version;
  };
  const auto started = [&] { return e.start("f", json::object()); };
  const auto first = put(1, true);
  CHECK(started()->flow.version == first);
  const auto draft = put(2, false);
  CHECK(started()->flow.version == first);
  REQUIRE(e.scope().flows().publish({flow_name{"f"}, draft}));
  CHECK(started()->flow.version == draft);
  const auto third = put(3, true);
  CHECK(started()->flow.version == third);
  while (e.load()->active_runs > 0) std::this_thread::yield();
  const auto kept = e.start("f", json::object(), {.id = run_id{"kept"}});
  REQUIRE(kept);
  REQUIRE(e.runs().wait(kept->id, 10s));
  REQUIRE(e.scope().flows().remove(flow_name{"f"}));
  CHECK(started().error().code == errc::not_found);
  CHECK(e.start("f", json::object(), {.version = first}).error().code == errc::not_found);
  // The repetition of a start finds its run, and a finished run can be started again.
  CHECK_FALSE(e.start("f", json::object(), {.id = run_id{"kept"}})->created);
  CHECK(e.runs().restart(kept->id, {})->flow.version == third);
  const auto again = put(4, true);
  CHECK(started()->flow.version == again);
}

TEST_CASE("a start after a put that was answered never uses an older version", "[engine]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  std::atomic<bool> over{false};
  const auto put = [&](int i) {
    return e.put_flow(task_flow("f", "core.echo", {{"with", {{"i", i}}}}))->id.version;
  };
  std::atomic<std::uint32_t> newest{put(0).patch};
  std::vector<std::thread> callers;
  std::atomic<int> stale{0}, starts{0};
  for (int i = 0; i < 3; ++i) {
    callers.emplace_back([&] {
      std::uint32_t seen = 0;
      while (!over) {
        const auto least = std::max(seen, newest.load());
        const auto started = e.start("f", json::object());
        if (!started) continue;
        ++starts;
        seen = started->flow.version.patch;
        if (seen < least) ++stale;
      }
    });
  }
  for (int i = 1; i <= 200; ++i) newest = put(i).patch;
  over = true;
  for (auto& c : callers) c.join();
  CHECK(starts > 0);
  CHECK(stale == 0);
}
