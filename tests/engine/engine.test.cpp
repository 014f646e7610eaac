// An engine as a program embeds it: lifecycle, limits, concurrency, scopes.
#include <atomic>
#include <future>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

TEST_CASE("a run completes and its data has the result", "[engine]") {
  engine e{quiet_settings()};
  REQUIRE(e.functions().add("t.double", [](const json& state) {
    return json{{"n", state.at("n").get<int>() * 2}};
  }));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("f", "t.double")));
  const auto done = e.start_and_wait("f", {{"n", 21}}, 10s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::completed);
  CHECK(done->data == json{{"n", 42}});
}

TEST_CASE("a call on an engine that is not open is refused", "[engine]") {
  engine e{quiet_settings()};
  const auto refused = e.start("f");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::unavailable);
  CHECK(refused.error().message.find("open()") != std::string::npos);
}

TEST_CASE("scopes do not see each other's functions, flows and runs", "[engine]") {
  engine e{quiet_settings()};
  const auto acme = *e.scope("acme"), umbrella = *e.scope("umbrella");
  REQUIRE(acme.functions().add("t.who", [](step_context&) { return json{{"who", "acme"}}; }));
  REQUIRE(umbrella.functions().add("t.who", [](step_context&) { return json{{"who", "umb"}}; }));
  REQUIRE(acme.functions().add("t.own", [](step_context&) {}));
  REQUIRE(e.open());
  REQUIRE(acme.put_flow(task_flow("f", "t.who")));
  REQUIRE(umbrella.put_flow(task_flow("f", "t.who")));
  CHECK(acme.start_and_wait("f", {}, 10s)->data == json{{"who", "acme"}});
  const auto other = umbrella.start_and_wait("f", {}, 10s, {.id = run_id{"r"}});
  CHECK(other->data == json{{"who", "umb"}});
  CHECK(acme.get(run_id{"r"}).error().code == errc::not_found);
  CHECK(acme.runs().cancel(run_id{"r"}).error().code == errc::not_found);
  CHECK(e.flows().get(flow_name{"f"}).error().code == errc::not_found);
  REQUIRE(umbrella.put_flow(task_flow("g", "t.own")));
  CHECK(umbrella.start_and_wait("g", {}, 10s)->summary.error->type == "unknown_function");
  CHECK(acme.runs().list()->runs.size() == 1);
}

TEST_CASE("two engines in one process are independent", "[engine]") {
  data_folder a, b;
  settings sa = quiet_settings(), sb = quiet_settings();
  sa.storage.data_dir = a.path;
  sb.storage.data_dir = b.path;
  engine one{sa}, two{sb};
  REQUIRE(one.functions().add("t.me", [](step_context&) { return json{{"me", 1}}; }));
  REQUIRE(two.functions().add("t.me", [](step_context&) { return json{{"me", 2}}; }));
  REQUIRE(one.open());
  REQUIRE(two.open());
  REQUIRE(one.put_flow(task_flow("f", "t.me")));
  REQUIRE(two.put_flow(task_flow("f", "t.me")));
  CHECK(one.start_and_wait("f", {}, 10s, {.id = run_id{"x"}})->data.at("me") == 1);
  CHECK(two.get(run_id{"x"}).error().code == errc::not_found);
  CHECK(two.start_and_wait("f", {}, 10s, {.id = run_id{"x"}})->data.at("me") == 2);

  engine third{sa};
  const auto locked = third.open();
  REQUIRE_FALSE(locked);
  CHECK(locked.error().code == errc::locked);
}

TEST_CASE("a full engine refuses a start as overloaded and changes nothing", "[engine]") {
  settings s = quiet_settings();
  s.engine.max_active_runs = 3;
  engine e{s};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("f", "core.sleep", {{"args", {{"seconds", 60}}}})));
  for (int i = 0; i < 3; ++i) REQUIRE(e.start("f"));
  const auto refused = e.start("f", {}, {.id = run_id{"fourth"}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::overloaded);
  CHECK(e.get(run_id{"fourth"}).error().code == errc::not_found);
}

TEST_CASE("eight threads register, start and list concurrently", "[engine]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("f", "core.echo")));
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 8; ++t) {
    callers.emplace_back([&, t] {
      for (int i = 0; i < 40; ++i) {
        const std::string name = "t" + std::to_string(t) + ".f" + std::to_string(i);
        if (!e.functions().add(name, [](step_context&) {})) ++wrong;
        const auto done = e.start_and_wait("f", {{"t", t}}, 30s);
        if (!done || done->data.at("t") != t) ++wrong;
        if (!e.runs().list() || e.functions().list().size() < 5) ++wrong;
      }
    });
  }
  for (auto& c : callers) c.join();
  CHECK(wrong == 0);
  CHECK(e.runs().list({.limit = 1000})->runs.size() == 320);
}

TEST_CASE("unfinished runs resume when the store is opened again", "[engine]") {
  data_folder data;
  settings s = quiet_settings();
  s.storage.data_dir = data.path;
  s.engine.stop_timeout_ms = 0ms;
  run_id id;
  {
    engine e{s};
    REQUIRE(e.open());
    REQUIRE(e.put_flow(task_flow("f", "core.sleep", {{"args", {{"ms", 300}}}})));
    id = e.start("f", {{"kept", true}})->id;
    REQUIRE(e.stop());
    CHECK(e.start("f").error().code == errc::unavailable);
  }
  engine e{s};
  REQUIRE(e.open());
  const auto done = e.wait(id, 20s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::completed);
  CHECK(done->data.at("kept") == true);
}

TEST_CASE("an engine can be stopped by another thread than the one that opened it", "[engine]") {
  engine e{quiet_settings()};
  std::promise<void> opened;
  std::promise<void> stopped;
  std::thread opener{[&] {
    CHECK(e.open());
    opened.set_value();
    stopped.get_future().wait();  // this thread lives while another one stops the engine
  }};
  opened.get_future().wait();
  auto stopping = std::async(std::launch::async, [&] { return e.stop(); });
  CHECK(stopping.wait_for(30s) == std::future_status::ready);
  stopped.set_value();
  opener.join();
  CHECK(stopping.get());
}

TEST_CASE("asynchronous calls return what their blocking versions return", "[engine]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("f", "core.echo")));
  std::promise<result<run_view>> finished;
  e.runs().start_async("f", {{"a", 1}}, {}, [&](result<run_started> started) {
    if (!started) return finished.set_value(started.error());
    e.runs().wait_async(started->id, 10s, [&](result<run_view> done) { finished.set_value(done); });
  });
  const auto done = finished.get_future().get();
  REQUIRE(done);
  CHECK(done->data.at("a") == 1);
  std::promise<result<run_page>> listed;
  e.runs().list_async({}, [&](result<run_page> page) { listed.set_value(page); });
  CHECK(listed.get_future().get()->runs.size() == 1);
  std::promise<result<std::vector<history_event>>> events_read;
  e.runs().history_async(done->summary.key.id, 1, 100,
                         [&](auto events) { events_read.set_value(events); });
  CHECK(events_read.get_future().get()->back().kind == "run_completed");
}
