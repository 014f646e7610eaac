// Threads that do not come back: slow schemas, functions that never return.
#include <future>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "runtime/core.hpp"
#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

json with_input_schema(json flow, json schema) {
  flow["input_schema"] = std::move(schema);
  return flow;
}

}  // namespace

TEST_CASE("starts whose checks are endless do not stop other starts", "[engine]") {
  settings s = quiet_settings();
  s.engine.scheduler_threads = 2;
  engine e{s};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("plain", "core.echo")));
  // Two subschemas for each level of the input: 2^60 checks, if nothing stopped them.
  const json part{{"additionalProperties", {{"$ref", "#"}}}};
  REQUIRE(e.put_flow(with_input_schema(task_flow("doubling", "core.echo"),
                                       {{"allOf", json::array({part, part})}})));
  REQUIRE(e.put_flow(
      with_input_schema(task_flow("pattern", "core.echo"),
                        {{"additionalProperties", {{"pattern", "(?:[ab]{0,30}){30}c"}}}})));
  json deep = json::object();
  for (int i = 0; i < 60; ++i) deep = json{{"a", std::move(deep)}};
  const json long_text{{"a", std::string(1'000'000, 'a')}};

  std::vector<std::future<errc>> hostile;
  for (int i = 0; i < 6; ++i) {
    auto answer = std::make_shared<std::promise<errc>>();
    hostile.push_back(answer->get_future());
    e.runs().start_async(i % 2 == 0 ? "doubling" : "pattern", i % 2 == 0 ? deep : long_text, {},
                         [answer](result<run_started> got) {
                           answer->set_value(got ? errc::already_exists : got.error().code);
                         });
  }
  for (int i = 0; i < 20; ++i) {
    const auto run = e.start("plain", {{"i", i}});
    REQUIRE(run);
    CHECK(e.wait(run->id, 20s)->summary.status == run_status::completed);
  }
  for (auto& each : hostile) {
    REQUIRE(each.wait_for(20s) == std::future_status::ready);
    CHECK(each.get() == errc::limit_exceeded);
  }
  CHECK(e.ready());
}

TEST_CASE("an engine whose scheduler threads do not come back is not ready", "[engine]") {
  settings s = quiet_settings();
  s.engine.scheduler_threads = 1;
  engine_components components;
  components.stall_limit = 20ms;
  engine e = engine_access::make(s, std::move(components));
  const auto arrived = std::make_shared<std::latch>(1);
  const auto door = std::make_shared<std::latch>(1);
  REQUIRE(e.functions().add("t.blocks",
                            [arrived, door](step_context&) {
                              arrived->count_down();
                              door->wait();
                              return json::object();
                            },
                            {.run_inline = true}));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("f", "t.blocks")));
  CHECK(e.ready());
  const auto run = e.start("f", {});
  REQUIRE(run);
  arrived->wait();
  // It is noticed when the question is repeated after the limit.
  result<void> ready = e.ready();
  for (int i = 0; i < 2'000 && ready; ++i) {
    std::this_thread::sleep_for(5ms);
    ready = e.ready();
  }
  REQUIRE_FALSE(ready);
  CHECK(ready.error().code == errc::unavailable);
  CHECK(ready.error().type == "stalled");
  door->count_down();
  CHECK(e.wait(run->id, 20s)->summary.status == run_status::completed);
  for (int i = 0; i < 2'000 && !e.ready(); ++i) std::this_thread::sleep_for(5ms);
  CHECK(e.ready());
}

TEST_CASE("an engine whose functions never return is not ready, and stops", "[engine]") {
  settings s = quiet_settings();
  s.engine.stop_timeout_ms = 0ms;
  s.executor.max_stuck = 1;
  s.executor.stop_grace_ms = 0ms;
  engine e{s};
  const auto door = std::make_shared<std::latch>(1);
  REQUIRE(e.functions().add("t.never", [door](step_context&) {
    door->wait();
    return json::object();
  }));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("f", "t.never", {{"timeout", "10ms"}})));
  const auto run = e.start("f", {});
  REQUIRE(run);
  CHECK(e.wait(run->id, 20s)->summary.status == run_status::failed);
  const auto ready = e.ready();
  REQUIRE_FALSE(ready);
  CHECK(ready.error().type == "stalled");
  CHECK(ready.error().message.find("executor.max_stuck") != std::string::npos);
  CHECK(e.stop());
  door->count_down();
}
