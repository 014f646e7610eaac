// Checks against JSON Schemas: on which threads they are made, and whom they delay.

#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "tests/engine/fixture.hpp"
#include "tests/support/cpu_time.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

/// Takes a step for each rule and item: near the budget, and some 10 ms. Few items, so that the
/// rest of the work for the value is little beside the check.
json slow_schema() {
  json rules = json::array();
  for (int i = 0; i < 800; ++i) rules.push_back({{"minimum", -1 - i}});
  return {{"type", "object"},
          {"properties", {{"items", {{"type", "array"}, {"items", {{"allOf", rules}}}}}}}};
}

json slow_value() {
  return {{"items", json::array_t(500, 7)}};
}

json with_input(json flow, json schema) {
  flow["input_schema"] = std::move(schema);
  return flow;
}

/// A flow that asks a question whose answer takes long to check.
json asking_flow() {
  return single("asking", "interrupt", {{"question", "?"}, {"schema", slow_schema()}});
}

/// Processor time of the threads that must not be held, and of those that make checks. CAF calls
/// the threads of its scheduler `caf.multiplexer`.
struct thread_times {
  std::chrono::microseconds scheduler = of("caf.multip");
  std::chrono::microseconds loader = of("pawl.loader");

  [[nodiscard]] thread_times since(const thread_times& before) const {
    return {scheduler - before.scheduler, loader - before.loader};
  }

 private:
  [[nodiscard]] static std::chrono::microseconds of(const char* name) {
    return std::chrono::duration_cast<std::chrono::microseconds>(usage_of_threads(name).time);
  }
};

/// Checks that long checks were made by the loader, and the rest cost little.
void require_loader_has_checked(const thread_times& took) {
  INFO("scheduler " << took.scheduler.count() << " us, loader " << took.loader.count() << " us");
  CHECK(took.loader > 100ms);
  CHECK(took.scheduler * 2 < took.loader);
}

engine open_engine(settings s) {
  engine e{std::move(s)};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(with_input(task_flow("checked", "core.echo"), slow_schema())));
  REQUIRE(e.put_flow(asking_flow()));
  REQUIRE(
      e.put_flow(with_input(task_flow("small", "core.echo"),
                            {{"required", {"n"}}, {"properties", {{"n", {{"type", "number"}}}}}})));
  REQUIRE(e.put_flow(single("parent", "subflow", {{"flow", "checked"}, {"input", {{"var", ""}}}})));
  return e;
}

}  // namespace

TEST_CASE("a long check of an input is made by the loader", "[engine][checks]") {
  const engine e = open_engine(quiet_settings());
  const thread_times before;
  for (int i = 0; i < 40; ++i) CHECK(e.runs().start("checked", slow_value()));
  require_loader_has_checked(thread_times{}.since(before));
}

TEST_CASE("a long check of the input of a subflow is made by the loader", "[engine][checks]") {
  const engine e = open_engine(quiet_settings());
  const thread_times before;
  for (int i = 0; i < 40; ++i) {
    const auto over = e.runs().start_and_wait("parent", slow_value(), 10s);
    REQUIRE(over);
    CHECK(over->summary.status == run_status::completed);
  }
  require_loader_has_checked(thread_times{}.since(before));
}

TEST_CASE("a long check of an answer is made by the loader", "[engine][checks]") {
  const engine e = open_engine(quiet_settings());
  std::vector<run_id> asking;
  for (int i = 0; i < 40; ++i) asking.push_back(e.runs().start("asking", json::object())->id);
  const thread_times before;
  for (const auto& id : asking) {
    REQUIRE(e.runs().resume(id, {.answer = slow_value()}));
    CHECK(e.runs().wait(id, 10s)->summary.status == run_status::completed);
  }
  require_loader_has_checked(thread_times{}.since(before));
}

TEST_CASE("a long check refuses what a short one does", "[engine][checks]") {
  const engine e = open_engine(quiet_settings());
  json wrong = slow_value();
  wrong["items"].back() = -1'000;
  const auto start = e.runs().start("checked", wrong);
  REQUIRE_FALSE(start);
  CHECK(start.error().code == errc::invalid_argument);
  CHECK(start.error().diagnostics.size() == 20);
  const auto id = e.runs().start("asking", json::object())->id;
  const auto answer = e.runs().resume(id, {.answer = wrong});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == errc::invalid_argument);
  wrong["items"] = json::array_t(9'000, 7);
  const auto endless = e.runs().resume(id, {.answer = wrong});
  REQUIRE_FALSE(endless);
  CHECK(endless.error().type == "schema_limit");
  CHECK(endless.error().message.find("1000000 steps") != std::string::npos);
  CHECK(e.runs().resume(id, {.answer = slow_value()}));
  const auto small = e.runs().start("small", {{"n", "text"}});
  REQUIRE_FALSE(small);
  CHECK(small.error().code == errc::invalid_argument);
}

TEST_CASE("commands to a run keep their order while an answer is checked", "[engine][checks]") {
  const engine e = open_engine(quiet_settings());
  for (int i = 0; i < 20; ++i) {
    const auto id = e.runs().start("asking", json::object())->id;
    std::promise<result<run_changed>> answered, cancelled;
    e.runs().resume_async(id, {.answer = slow_value()},
                          [&](auto done) { answered.set_value(std::move(done)); });
    e.runs().cancel_async(id, {}, [&](auto done) { cancelled.set_value(std::move(done)); });
    CHECK(answered.get_future().get());
    const auto refused = cancelled.get_future().get();
    REQUIRE_FALSE(refused);  // the answer came first, and completed the run
    CHECK(refused.error().code == errc::illegal_transition);
  }
}

TEST_CASE("a queue of long checks does not delay the run of another scope", "[engine][checks]") {
  settings s = quiet_settings();
  s.engine.scheduler_threads = 1;
  s.engine.load_threads = 2;
  engine e = open_engine(s);
  const auto other = e.scope("other");
  REQUIRE(other);
  REQUIRE(other->flows().put(with_input(task_flow("checked", "core.echo"), slow_schema())));
  constexpr int count = 200;
  std::atomic<int> started{0};
  std::promise<void> all;
  for (int i = 0; i < count; ++i) {
    e.runs().start_async("checked", slow_value(), {}, [&](const result<run_started>& done) {
      if (done && ++started == count) all.set_value();
    });
  }
  // Neither a run without a long check nor one with it waits for the queue.
  CHECK(e.runs().start_and_wait("small", {{"n", 1}}, 10s));
  CHECK(other->runs().start("checked", slow_value()));
  CHECK(started < count / 2);
  all.get_future().wait();
}
