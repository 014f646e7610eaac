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

/// A flow that asks a question whose answer takes long to check, or none.
json asking_flow(const std::string& name, const json& schema) {
  return single(name, "interrupt", {{"question", "?"}, {"schema", schema}});
}

json parent_of(const std::string& name, const std::string& child) {
  return single(name, "subflow", {{"flow", child}, {"input", {{"var", ""}}}});
}

/// Processor time of the threads that must not be held, and of those that make checks. CAF calls
/// the threads of its scheduler `caf.multiplexer`.
struct thread_times {
  std::chrono::microseconds scheduler = of("caf.multip");
  std::chrono::microseconds loader = of("pawl.loader");

  /// What `work` takes.
  template <class Work>
  [[nodiscard]] static thread_times of_work(Work work) {
    const thread_times before;
    work();
    const thread_times after;
    return {after.scheduler - before.scheduler, after.loader - before.loader};
  }

 private:
  [[nodiscard]] static std::chrono::microseconds of(const char* name) {
    return std::chrono::duration_cast<std::chrono::microseconds>(usage_of_threads(name).time);
  }
};

/// Checks that long checks were made by the loader: `work` for `checked`, a flow with a long check,
/// takes little more of the scheduler than for `plain`, which is the same without it.
template <class Work>
void require_loader_has_checked(const char* checked, const char* plain, Work work) {
  const auto without = thread_times::of_work([&] { work(plain); });
  const auto with = thread_times::of_work([&] { work(checked); });
  INFO("scheduler " << without.scheduler.count() << " us without the check and "
                    << with.scheduler.count() << " us with it, loader " << with.loader.count()
                    << " us");
  CHECK(with.loader > 100ms);
  CHECK((with.scheduler - without.scheduler) * 2 < with.loader);
}

engine open_engine(settings s) {
  engine e{std::move(s)};
  REQUIRE(e.open());
  for (const auto& flow :
       {with_input(task_flow("checked", "core.echo"), slow_schema()),
        task_flow("unchecked", "core.echo"), asking_flow("asking", slow_schema()),
        asking_flow("asking_anything", json::object()), parent_of("parent", "checked"),
        parent_of("parent_of_unchecked", "unchecked"),
        with_input(task_flow("small", "core.echo"),
                   {{"required", {"n"}}, {"properties", {{"n", {{"type", "number"}}}}}})}) {
    REQUIRE(e.put_flow(flow));
  }
  return e;
}

}  // namespace

TEST_CASE("a long check of an input is made by the loader", "[engine][checks]") {
  const engine e = open_engine(quiet_settings());
  require_loader_has_checked("checked", "unchecked", [&](const char* flow) {
    for (int i = 0; i < 40; ++i) CHECK(e.runs().start_and_wait(flow, slow_value(), 10s));
  });
}

TEST_CASE("a long check of the input of a subflow is made by the loader", "[engine][checks]") {
  const engine e = open_engine(quiet_settings());
  require_loader_has_checked("parent", "parent_of_unchecked", [&](const char* flow) {
    for (int i = 0; i < 40; ++i) {
      const auto over = e.runs().start_and_wait(flow, slow_value(), 10s);
      REQUIRE(over);
      CHECK(over->summary.status == run_status::completed);
    }
  });
}

TEST_CASE("a long check of an answer is made by the loader", "[engine][checks]") {
  const engine e = open_engine(quiet_settings());
  require_loader_has_checked("asking", "asking_anything", [&](const char* flow) {
    for (int i = 0; i < 40; ++i) {
      const auto id = e.runs().start(flow, json::object())->id;
      REQUIRE(e.runs().resume(id, {.answer = slow_value()}));
      CHECK(e.runs().wait(id, 10s)->summary.status == run_status::completed);
    }
  });
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
