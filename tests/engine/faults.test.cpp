// Faults that users found, each with the value that is right.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/core.hpp"
#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

TEST_CASE("a restart begins with the input, not with what the first nodes made of it",
          "[engine][restart]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(
      single("count", "set", {{"values", {{"n", json{{"+", {json{{"var", "n"}}, 1}}}}}}})));
  start_options options;
  options.metadata = {{"by", "ada"}};
  const auto first = e.start_and_wait("count", {{"n", 1}}, 30s, options);
  REQUIRE(first);
  CHECK(first->data["n"] == 2);
  CHECK(e.get(first->summary.key.id)->input == json{{"n", 1}});
  const auto again = e.runs().restart(first->summary.key.id);
  REQUIRE(again);
  const auto second = e.wait(again->id, 30s);
  REQUIRE(second);
  CHECK(second->data["n"] == 2);
  CHECK(second->metadata["by"] == "ada");
  CHECK(e.get(again->id)->input == json{{"n", 1}});
}

TEST_CASE("a repeated start returns the run even if its flow was deleted since",
          "[engine][restart]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("gone", "set", {{"values", {{"n", 1}}}})));
  for (const bool by_version : {false, true}) {
    start_options options;
    options.key = by_version ? "order-2" : "order-1";
    if (by_version) options.version = version{1, 0, 0};
    const auto first = e.start_and_wait("gone", json::object(), 30s, options);
    REQUIRE(first);
    REQUIRE(e.flows().remove(flow_name{"gone"}));
    const auto again = e.start("gone", json::object(), options);
    REQUIRE(again);
    CHECK_FALSE(again->created);
    CHECK(again->id == first->summary.key.id);
    REQUIRE(e.put_flow(single("gone", "set", {{"values", {{"n", 1}}}})));
  }
}

TEST_CASE("a signal that no node awaits causes a warning, and is shown in the inbox",
          "[engine][signal]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "approved"}})));
  const auto id = e.start("f")->id;
  static_cast<void>(once(e, id, [](const run_view& v) { return v.parked; }));
  signal_options options;
  options.id = "s-1";
  const auto sent = e.runs().signal(id, "aproved", {{"by", "ada"}}, options);
  REQUIRE(sent);
  REQUIRE(sent->warnings.size() == 1);
  CHECK(sent->warnings[0].find("Did you mean \"approved\"?") != std::string::npos);
  const auto shown = e.get(id);
  REQUIRE(shown);
  CHECK(shown->inbox == std::vector{pending_signal{"aproved", "s-1", {{"by", "ada"}}}});
  const auto right = e.runs().signal(id, "approved");
  REQUIRE(right);
  CHECK(right->warnings.empty());
  CHECK(e.wait(id, 30s)->summary.status == run_status::completed);
}

TEST_CASE("a wait until a time long past ends at once", "[engine][wait]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  for (const char* past :
       {"0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z"}) {
    CAPTURE(past);
    REQUIRE(e.put_flow(single("past", "wait", {{"until", past}})));
    const auto done = e.start_and_wait("past", json::object(), 30s);
    REQUIRE(done);
    CHECK(done->summary.status == run_status::completed);
  }
}

namespace {

/// The system's clock, which can be set.
class settable_clock final : public actors::clock {
 public:
  time_point now() const override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now()) +
           ahead_.load();
  }
  std::chrono::seconds longest_wait() const override { return 1s; }
  void set_forward(std::chrono::microseconds by) { ahead_ = ahead_.load() + by; }
  void set_back(std::chrono::microseconds by) { set_forward(-by); }

 private:
  std::atomic<std::chrono::microseconds> ahead_{0us};
};

}  // namespace

TEST_CASE("timers fire soon after the clock is set forward", "[engine][wait]") {
  const auto clock = std::make_shared<settable_clock>();
  engine_components parts;
  parts.clock = clock;
  engine e = engine_access::make(quiet_settings(), std::move(parts));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("overdue", "wait", {{"duration", "1h"}})));
  REQUIRE(e.put_flow(single("new", "wait", {{"duration", "1s"}})));
  const auto overdue = e.start("overdue")->id;
  static_cast<void>(once(e, overdue, [](const run_view& v) { return !v.waiting_on.empty(); }));
  clock->set_forward(1h);
  const auto fresh = e.start("new")->id;
  CHECK(e.wait(overdue, 30s));  // it took up to 60 s before
  CHECK(e.wait(fresh, 30s));
}

TEST_CASE("a duration takes as long as it says when the clock is set back", "[engine][wait]") {
  const auto clock = std::make_shared<settable_clock>();
  engine_components parts;
  parts.clock = clock;
  engine e = engine_access::make(quiet_settings(), std::move(parts));
  REQUIRE(e.functions().add("t.busy", [](step_context& step) -> result<json> {
    if (step.attempt() < 3) return fail("busy", "try again");
    return json::object();
  }));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("wait", "wait", {{"duration", "2s"}})));
  REQUIRE(e.put_flow(single("timeout", "signal", {{"name", "go"}, {"timeout", "2s"}})));
  REQUIRE(e.put_flow(task_flow("queued", "remote", {{"queue", "q"}, {"total_timeout", "2s"}})));
  REQUIRE(e.put_flow(
      task_flow("again", "t.busy",
                {{"retry", {{"max_attempts", 3}, {"initial_interval", "2s"}, {"backoff", 1}}}})));
  std::vector<run_id> runs;
  const auto begun = std::chrono::steady_clock::now();
  for (const char* flow : {"wait", "timeout", "queued", "again"}) runs.push_back(e.start(flow)->id);
  for (const auto& id : runs)
    static_cast<void>(once(
        e, id, [](const run_view& v) { return !v.waiting_on.empty() && v.waiting_on[0].until; }));
  clock->set_back(1h);
  for (const auto& id : runs) {
    CAPTURE(e.get(id)->summary.flow.name.str());
    CHECK(e.wait(id, 30s));
  }
  CHECK(std::chrono::steady_clock::now() - begun >= 2s);
}

TEST_CASE("a duration that began before the clock was set back ends in time after a restart",
          "[engine][wait]") {
  const data_folder kept;
  const auto clock = std::make_shared<settable_clock>();
  const auto make = [&] {
    engine_components parts;
    parts.clock = clock;
    return engine_access::make(kept.used(), std::move(parts));
  };
  std::vector<run_id> runs;
  {
    engine e = make();
    REQUIRE(e.open());
    REQUIRE(e.put_flow(single("f", "wait", {{"duration", "5s"}})));
    runs.push_back(e.start("f")->id);
    clock->set_back(1h);
    runs.push_back(e.start("f")->id);  // began afterwards
    const auto shown = once(e, runs[1], [](const run_view& v) { return !v.waiting_on.empty(); });
    CHECK(abs(*shown.waiting_on[0].until - shown.summary.created_at - 5s) < 1s);
    REQUIRE(e.stop());
  }
  engine e = make();
  REQUIRE(e.open());
  for (const auto& id : runs) CHECK(e.wait(id, 30s));
}

TEST_CASE("total_timeout passes while a task waits in its queue", "[engine][workers]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(
      e.put_flow(task_flow("f", "remote.step", {{"queue", "empty"}, {"total_timeout", "50ms"}})));
  const auto done = e.start_and_wait("f", json::object(), 30s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::failed);
  CHECK(done->summary.error->type == "timed_out");
  CHECK(done->summary.error->message.find("no worker took the task") != std::string::npos);
}

TEST_CASE("the calls of one step never overlap, even if a retry comes before the first returns",
          "[engine][retry]") {
  engine e{quiet_settings()};
  std::mutex mutex;
  std::condition_variable changed;
  int now = 0, most = 0, calls = 0;
  bool has_failed = false, release = false;
  REQUIRE(e.functions().add("t.slow", [&](step_context&) -> result<json> {
    std::unique_lock lock{mutex};
    ++calls;
    most = std::max(most, ++now);
    changed.notify_all();
    changed.wait_for(lock, 3s, [&] { return release; });  // does not look at the stop request
    --now;
    changed.notify_all();
    return json::object();
  }));
  REQUIRE(e.functions().add("t.fail", [&](step_context&) -> result<json> {
    std::unique_lock lock{mutex};
    changed.wait_for(lock, 30s, [&] { return calls > 0; });
    if (std::exchange(has_failed, true)) return json::object();
    return fail("broken", "it broke");
  }));
  REQUIRE(e.open());
  REQUIRE(
      e.put_flow(flow_named("f",
                            {node("begin", "start"), node("slow", "task", {{"code_ref", "t.slow"}}),
                             node("bad", "task", {{"code_ref", "t.fail"}})},
                            {edge("begin", "slow"), edge("begin", "bad")})));
  const auto id = e.start("f")->id;
  REQUIRE(e.wait(id, 30s)->summary.status == run_status::failed);
  REQUIRE(e.runs().retry(id));
  {
    std::unique_lock lock{mutex};
    CHECK(now == 1);  // the first call has not returned
    release = true;
    changed.notify_all();
  }
  CHECK(e.wait(id, 30s)->summary.status == run_status::completed);
  const std::lock_guard lock{mutex};
  CHECK(most == 1);
  CHECK(calls == 2);
}

TEST_CASE("the limit of active runs holds exactly, however many start at once",
          "[engine][limits]") {
  settings s = quiet_settings();
  s.engine.max_active_runs = 20;
  engine e{s};
  std::atomic<bool> release{false};
  REQUIRE(e.functions().add("t.hold", [&](step_context& step) -> result<json> {
    while (!release && !step.stop_requested()) std::this_thread::yield();
    return json::object();
  }));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("f", "t.hold")));
  std::vector<start_request> requests(200);
  for (auto& each : requests) each.flow = "f";
  const auto started = e.runs().start_many(std::move(requests));
  std::size_t accepted = 0;
  for (const auto& each : started) {
    if (each)
      ++accepted;
    else
      CHECK(each.error().code == errc::overloaded);
  }
  CHECK(accepted == 20);
  CHECK(e.load()->active_runs == 20);
  release = true;
  for (const auto& each : started)
    if (each) CHECK(e.wait(each->id, 30s)->summary.status == run_status::completed);
}

TEST_CASE("events that the journal no longer has are reported as lost after its limit was lowered",
          "[engine][events]") {
  const data_folder kept;
  journal_position early;
  for (const std::uint64_t limit : {100'000, 5}) {
    settings s = kept.used();
    s.storage.journal_groups = limit;
    engine e{s};
    REQUIRE(e.open());
    REQUIRE(e.put_flow(single("f", "set", {{"values", {{"n", 1}}}})));
    for (int i = 0; i < 20; ++i) {
      REQUIRE(e.start_and_wait("f", json::object(), 30s));
      if (i == 0 && limit > 5) early = e.events().read()->next;
    }
    const auto page = e.events().read(early);
    REQUIRE(page);
    CHECK(page->lost == (limit == 5));
    REQUIRE(e.stop());
  }
}

TEST_CASE("a callback that throws keeps no other caller from its answer", "[engine][callback]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  const auto id = e.start("f")->id;
  std::promise<void> answered;
  for (int i = 0; i < 3; ++i) {
    e.runs().wait_async(id, 30s, [](const result<run_view>&) {
      throw std::runtime_error{"a defect of the embedder"};
    });
  }
  e.runs().wait_async(id, 30s, [&](const result<run_view>& done) {
    if (done) answered.set_value();
  });
  REQUIRE(e.signal(id, "go"));
  CHECK(answered.get_future().wait_for(30s) == std::future_status::ready);
  CHECK(e.ready());
}

TEST_CASE("stop inside a callback is refused, and works afterwards", "[engine][callback]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "set", {{"values", {{"n", 1}}}})));
  std::promise<result<void>> stopped;
  e.runs().start_async("f", json::object(), {},
                       [&](const result<run_started>&) { stopped.set_value(e.stop()); });
  const auto refused = stopped.get_future().get();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("inside one of its callbacks") != std::string::npos);
  CHECK(e.ready());
  CHECK(e.stop());
}

TEST_CASE("every callback is called exactly once while the engine stops", "[engine][callback]") {
  for (int round = 0; round < 20; ++round) {
    constexpr int calls = 400;
    std::vector<std::atomic<int>> answers(calls);
    {
      engine e{quiet_settings()};
      REQUIRE(e.open());
      REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
      const auto id = e.start("f")->id;
      std::thread stopper{[&] {
        while (answers[static_cast<std::size_t>(round) * 10] == 0) std::this_thread::yield();
        static_cast<void>(e.stop());
      }};
      for (std::size_t i = 0; i < calls; ++i) {
        const auto count = [&, i](const auto&) { ++answers[i]; };
        if (i % 4 == 0) e.runs().get_async(id, count);
        if (i % 4 == 1) e.runs().wait_async(id, 30s, count);
        if (i % 4 == 2) e.totals_async(count);
        if (i % 4 == 3) e.runs().signal_async(id, "go", nullptr, {}, count);
      }
      if (answers[static_cast<std::size_t>(round) * 10] == 0) static_cast<void>(e.runs().get(id));
      stopper.join();
    }
    for (const auto& each : answers) CHECK(each == 1);
  }
}

TEST_CASE("a retry of a failed subflow resumes it and its parent; finished steps stay finished",
          "[engine][subflow][retry]") {
  engine e{quiet_settings()};
  std::atomic<int> first_calls{0}, second_calls{0};
  std::mutex mutex;
  std::vector<std::string> keys;
  REQUIRE(e.functions().add("t.first", [&](step_context&) -> result<json> {
    ++first_calls;
    return json{{"first", true}};
  }));
  REQUIRE(e.functions().add("t.second", [&](step_context& step) -> result<json> {
    const std::lock_guard lock{mutex};
    keys.push_back(step.idempotency_key());
    if (++second_calls % 2 == 1) return fail("busy", "try again");
    return json{{"second", true}};
  }));
  REQUIRE(e.open());
  REQUIRE(
      e.put_flow(flow_named("child",
                            {node("begin", "start"), node("one", "task", {{"code_ref", "t.first"}}),
                             node("two", "task", {{"code_ref", "t.second"}})},
                            {edge("begin", "one"), edge("one", "two")})));
  REQUIRE(e.put_flow(single("parent", "subflow", {{"flow", "child"}})));
  for (const std::string who : {"parent", "child", "both", "both reversed"}) {
    CAPTURE(who);
    first_calls = second_calls = 0;
    keys.clear();
    const auto parent = e.start("parent")->id;
    REQUIRE(e.wait(parent, 30s)->summary.status == run_status::failed);
    run_id child;
    const auto runs = e.runs().list();
    REQUIRE(runs);
    for (const auto& each : runs->runs)
      if (each.parent == parent) child = each.key.id;
    if (who == "parent") {
      REQUIRE(e.runs().retry(parent));
    } else if (who == "child") {
      REQUIRE(e.runs().retry(child));
    } else {
      auto order = std::vector{parent, child};
      if (who == "both reversed") std::swap(order[0], order[1]);
      std::size_t won = 0;
      for (const auto& each : e.runs().retry_many(order)) won += each.outcome ? 1 : 0;
      CHECK(won >= 1);
    }
    const auto done = once(
        e, parent, [](const run_view& v) { return v.summary.status == run_status::completed; });
    CHECK(done.data["second"] == true);
    CHECK(e.get(child)->summary.status == run_status::completed);
    CHECK(first_calls == 1);
    REQUIRE(keys.size() == 2);
    CHECK(keys[0] == keys[1]);
    const auto all = e.runs().list();
    std::size_t children = 0;
    for (const auto& each : all->runs) children += each.parent == parent ? 1 : 0;
    CHECK(children == 1);
  }
}
