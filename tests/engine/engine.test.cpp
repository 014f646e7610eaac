#include <pawl/engine.hpp>

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <set>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace std::chrono_literals;

namespace {

json flow_of(const std::string& name, const std::string& code_ref, json data = json::object()) {
  data["code_ref"] = code_ref;
  return {{"name", name},
          {"nodes",
           {{{"id", "begin"}, {"type", "start"}},
            {{"id", "work"}, {"type", "task"}, {"data", data}},
            {{"id", "end"}, {"type", "end"}}}},
          {"edges",
           {{{"source", "begin"}, {"target", "work"}}, {{"source", "work"}, {"target", "end"}}}}};
}

settings quiet() {
  settings s;
  s.log.level = log_level::error;
  return s;
}

struct folder {
  folder() {
    static std::atomic<int> number{0};
    path = std::filesystem::temp_directory_path() /
           ("pawl-engine-" + std::to_string(::getpid()) + "-" + std::to_string(number++));
    std::filesystem::remove_all(path);
  }
  ~folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

}  // namespace

TEST_CASE("a flow runs to its end and its data is there", "[engine]") {
  engine e{quiet()};
  REQUIRE(e.functions().add("t.double", [](const json& state) {
    return json{{"n", state.at("n").get<int>() * 2}};
  }));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(flow_of("f", "t.double")));
  const auto done = e.start_and_wait("f", {{"n", 21}}, 10s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::completed);
  CHECK(done->data == json{{"n", 42}});
}

TEST_CASE("an engine that is not open says so", "[engine]") {
  engine e{quiet()};
  const auto refused = e.start("f");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::unavailable);
  CHECK(refused.error().message.find("open()") != std::string::npos);
}

TEST_CASE("starting again with the same id or key finds the run", "[engine]") {
  engine e{quiet()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(flow_of("f", "core.echo")));
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

TEST_CASE("of many starts with one key at once exactly one makes the run", "[engine]") {
  engine e{quiet()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(flow_of("f", "core.echo")));
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

TEST_CASE("of many cancels with the same expectation exactly one wins", "[engine]") {
  engine e{quiet()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(flow_of("f", "core.sleep", {{"args", {{"seconds", 60}}}})));
  const auto run = e.start("f");
  REQUIRE(run);
  std::atomic<int> won{0}, lost{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] {
      const auto done = e.runs().cancel(run->id, {.if_status = run_status::running});
      if (done) ++won;
      if (!done && done.error().code == errc::conflict) ++lost;
    });
  }
  for (auto& c : callers) c.join();
  CHECK(won == 1);
  CHECK(lost == 7);
  CHECK(e.get(run->id)->summary.status == run_status::cancelled);
}

TEST_CASE("a throwing function fails its run with the text, others go on", "[engine]") {
  engine e{quiet()};
  REQUIRE(e.functions().add(
      "t.throws", [](step_context&) -> json { throw std::runtime_error{"the till is jammed"}; }));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(flow_of("bad", "t.throws")));
  REQUIRE(e.put_flow(flow_of("good", "core.echo")));
  const auto bad = e.start_and_wait("bad", {}, 10s);
  REQUIRE(bad);
  CHECK(bad->summary.status == run_status::failed);
  REQUIRE(bad->summary.error);
  CHECK(bad->summary.error->message.find("the till is jammed") != std::string::npos);
  CHECK(bad->summary.error->node == "work");
  CHECK(e.start_and_wait("good", {}, 10s)->summary.status == run_status::completed);
}

TEST_CASE("a failed run can be retried and a finished one restarted", "[engine]") {
  engine e{quiet()};
  std::atomic<int> calls{0};
  std::mutex mutex;
  std::set<std::string> keys;
  REQUIRE(e.functions().add("t.flaky", [&](step_context& step) -> result<json> {
    const std::lock_guard lock{mutex};
    keys.insert(step.idempotency_key());
    if (++calls == 1) return fail("busy", "try again");
    return json{{"ok", true}};
  }));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(flow_of("f", "t.flaky")));
  const auto failed = e.start_and_wait("f", {{"x", 1}}, 10s);
  REQUIRE(failed->summary.status == run_status::failed);
  CHECK(failed->summary.error->type == "busy");
  const auto retried = e.runs().retry(failed->summary.key.id);
  REQUIRE(retried);
  CHECK(retried->before == run_status::failed);
  const auto done = e.wait(failed->summary.key.id, 10s);
  CHECK(done->summary.status == run_status::completed);
  CHECK(keys.size() == 1);  // the same visit, so the same idempotency key
  CHECK_FALSE(e.runs().retry(failed->summary.key.id));

  const auto again = e.runs().restart(failed->summary.key.id);
  REQUIRE(again);
  CHECK(again->id != failed->summary.key.id);
  const auto second = e.wait(again->id, 10s);
  CHECK(second->data == json{{"ok", true}, {"x", 1}});
  CHECK(second->summary.restarted_from == failed->summary.key.id);
}

TEST_CASE("a paused run rests, is found paused again, and goes on with new data",
          "[engine][pause]") {
  const folder kept;
  settings s = quiet();
  s.storage.data_dir = kept.path;
  const json definition{
      {"name", "f"},
      {"nodes",
       {{{"id", "a"}, {"type", "task"}, {"data", {{"code_ref", "t.slow"}}}},
        {{"id", "b"}, {"type", "task"}, {"data", {{"code_ref", "t.price"}, {"into", "total"}}}}}},
      {"edges", {{{"source", "a"}, {"target", "b"}}}}};
  std::promise<void> begun, released;
  std::atomic<int> priced{0};
  const auto add_functions = [&](engine& e) {
    REQUIRE(e.functions().add("t.slow", [&] {
      begun.set_value();
      released.get_future().wait();
    }));
    REQUIRE(e.functions().add("t.price", [&](const json& state) -> json {
      ++priced;
      return state.at("pieces").get<int>() * 10;
    }));
  };
  run_id id{"r"};
  {
    engine e{s};
    add_functions(e);
    REQUIRE(e.open());
    REQUIRE(e.put_flow(definition));
    REQUIRE(e.start("f", {{"pieces", 1}}, {.id = id}));
    begun.get_future().wait();
    // Of many at once exactly one pauses it, and all are answered while the function runs.
    std::atomic<int> won{0};
    std::vector<std::thread> callers;
    for (int i = 0; i < 8; ++i) {
      callers.emplace_back([&] {
        const auto done = e.runs().pause(id);
        if (done && done->pausing) ++won;
      });
    }
    for (auto& c : callers) c.join();
    CHECK(won == 1);
    CHECK(e.get(id)->pausing);
    CHECK(e.get(id)->summary.status == run_status::running);
    const auto watched = e.events().watch(id);
    released.set_value();
    while (const auto next = watched->next(10s))
      if (next->what.kind == "run_paused") break;
    CHECK(e.get(id)->summary.status == run_status::paused);
    CHECK(e.runs().set_data(id, {{"note", "counted twice"}})->run.status == run_status::paused);
    CHECK(e.runs().list({.status = run_status::paused})->runs.size() == 1);
    REQUIRE(e.stop());
  }
  engine e{s};
  REQUIRE(e.functions().add("t.slow", [] {}));
  REQUIRE(e.functions().add("t.price", [&](const json& state) -> json {
    ++priced;
    return state.at("pieces").get<int>() * 10;
  }));
  REQUIRE(e.open());
  CHECK(e.get(id)->summary.status == run_status::paused);
  CHECK(e.wait(id, 50ms).error().code == errc::timed_out);
  CHECK(priced == 0);
  CHECK(e.runs().resume(id, {.update = json::array()}).error().code == errc::invalid_argument);
  const auto resumed =
      e.runs().resume(id, {.if_status = run_status::paused, .update = {{"pieces", 4}}});
  REQUIRE(resumed);
  CHECK(resumed->before == run_status::paused);
  const auto done = e.wait(id, 10s);
  REQUIRE(done);
  CHECK(done->data == json{{"pieces", 4}, {"note", "counted twice"}, {"total", 40}});
  CHECK(priced == 1);
  CHECK(e.runs().pause(id).error().code == errc::illegal_transition);
}

TEST_CASE("a run that waits for a signal is parked on disk and ends when it comes",
          "[engine][signal]") {
  const folder kept;
  settings s = quiet();
  s.storage.data_dir = kept.path;
  const json definition{
      {"name", "f"},
      {"nodes", {{{"id", "w"}, {"type", "signal"}, {"data", {{"name", "go"}, {"into", "got"}}}}}},
      {"edges", json::array()}};
  const run_id id{"r"}, other{"other"};
  {
    engine e{s};
    REQUIRE(e.open());
    REQUIRE(e.put_flow(definition));
    REQUIRE(e.start("f", json::object(), {.id = id}));
    REQUIRE(e.start("f", json::object(), {.id = other}));
    const auto shown = e.get(id);
    REQUIRE(shown);
    CHECK(shown->parked);
    CHECK(shown->waiting_on == std::vector<waiting_on>{{"w", "signal", "go"}});
    // Somebody waits for it while the signal comes.
    auto waiting = std::async(std::launch::async, [&] { return e.wait(other, 10s); });
    REQUIRE(e.signal(other, "go", 1));
    REQUIRE(waiting.get());
    CHECK(e.signal(other, "go", 2).error().code == errc::illegal_transition);
    CHECK(e.signal(run_id{"none"}, "go").error().code == errc::not_found);
    CHECK(e.signal(id, "").error().code == errc::invalid_argument);
    CHECK(e.signal(id, "go", std::string((1u << 20) + 1, 'x')).error().code ==
          errc::limit_exceeded);
  }
  engine e{s};
  REQUIRE(e.open());
  CHECK(e.wait(id, 50ms).error().code == errc::timed_out);
  CHECK(e.get(id)->parked);
  // Of many repeats of one signal exactly one is taken.
  std::vector<std::thread> senders;
  for (int i = 0; i < 8; ++i)
    senders.emplace_back([&] { static_cast<void>(e.signal(id, "go", "once", {.id = "s1"})); });
  for (auto& sender : senders) sender.join();
  const auto done = e.wait(id, 10s);
  REQUIRE(done);
  CHECK(done->data == json{{"got", "once"}});
  int claimed = 0;
  for (const auto& event : *e.runs().history(id)) claimed += event.kind == "signal_claimed" ? 1 : 0;
  CHECK(claimed == 1);
}

TEST_CASE("a function that never returns is timed out and the run fails", "[engine]") {
  settings s = quiet();
  s.executor.stop_grace_ms = 50ms;
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  {
    engine e{s};
    REQUIRE(e.functions().add("t.hangs", [released](step_context&) { released.wait(); }));
    REQUIRE(e.open());
    REQUIRE(e.put_flow(flow_of("f", "t.hangs", {{"timeout", "50ms"}})));
    const auto done = e.start_and_wait("f", {}, 20s);
    REQUIRE(done);
    CHECK(done->summary.status == run_status::failed);
    CHECK(done->summary.error->type == "timed_out");
  }
  release.set_value();
}

TEST_CASE("an unknown function fails the run and is warned of at the definition", "[engine]") {
  engine e{quiet()};
  REQUIRE(e.open());
  const auto put = e.put_flow(flow_of("f", "core.ecco"));
  REQUIRE(put);
  REQUIRE(put->warnings.size() == 1);
  CHECK(put->warnings[0].message.find("core.echo") != std::string::npos);
  const auto done = e.start_and_wait("f", {}, 10s);
  CHECK(done->summary.error->type == "unknown_function");
}

TEST_CASE("a refused function name and a step that is given up are logged", "[engine][log]") {
  const folder kept;
  std::filesystem::create_directories(kept.path);
  settings s;
  s.log.level = log_level::warning;
  s.log.file = kept.path / "log";
  s.executor.stop_grace_ms = 50ms;
  std::promise<void> released;
  {
    engine e{s};
    REQUIRE(e.functions().add("t.stuck", [&] { released.get_future().wait(); }));
    REQUIRE(e.open());
    CHECK_FALSE(e.put_flow(flow_of("evil", "../../etc/passwd")));
    REQUIRE(e.put_flow(flow_of("f", "t.stuck", {{"timeout", "50ms"}})));
    const auto done = e.start_and_wait("f", json::object(), 10s);
    REQUIRE(done);
    CHECK(done->summary.status == run_status::failed);
    released.set_value();
  }
  std::ifstream file{s.log.file};
  const std::string log{std::istreambuf_iterator<char>{file}, {}};
  CHECK(log.find("/nodes/1/data/code_ref") != std::string::npos);
  CHECK(log.find("t.stuck did not return and was given up") != std::string::npos);
}

TEST_CASE("scopes do not see each other's functions, flows and runs", "[engine]") {
  engine e{quiet()};
  const auto acme = *e.scope("acme"), umbrella = *e.scope("umbrella");
  REQUIRE(acme.functions().add("t.who", [](step_context&) { return json{{"who", "acme"}}; }));
  REQUIRE(umbrella.functions().add("t.who", [](step_context&) { return json{{"who", "umb"}}; }));
  REQUIRE(acme.functions().add("t.own", [](step_context&) {}));
  REQUIRE(e.open());
  REQUIRE(acme.put_flow(flow_of("f", "t.who")));
  REQUIRE(umbrella.put_flow(flow_of("f", "t.who")));
  CHECK(acme.start_and_wait("f", {}, 10s)->data == json{{"who", "acme"}});
  const auto other = umbrella.start_and_wait("f", {}, 10s, {.id = run_id{"r"}});
  CHECK(other->data == json{{"who", "umb"}});
  CHECK(acme.get(run_id{"r"}).error().code == errc::not_found);
  CHECK(acme.runs().cancel(run_id{"r"}).error().code == errc::not_found);
  CHECK(e.flows().get(flow_name{"f"}).error().code == errc::not_found);
  REQUIRE(umbrella.put_flow(flow_of("g", "t.own")));
  CHECK(umbrella.start_and_wait("g", {}, 10s)->summary.error->type == "unknown_function");
  CHECK(acme.runs().list()->runs.size() == 1);
}

TEST_CASE("a definition that is no object, or whose name is no text, is refused", "[engine]") {
  engine e{quiet()};
  REQUIRE(e.open());
  json unnamed = flow_of("f", "core.echo");
  for (const json& name : {json(), json(1.5), json::array(), json(true)}) {
    unnamed["name"] = name;
    for (const json& definition : {unnamed, name, json("f")}) {
      CAPTURE(definition);
      const auto refused = e.put_flow(definition, {.version = version{1, 5, 0}});
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code == errc::invalid_flow);
    }
  }
  CHECK(e.put_flow(flow_of("f", "core.echo")));
}

TEST_CASE("versions are immutable, bumped, published and kept by their runs", "[engine]") {
  engine e{quiet()};
  REQUIRE(e.open());
  const auto one = e.put_flow(flow_of("f", "core.echo"));
  CHECK(to_string(one->id) == "f@1.0.0");
  CHECK(one->created);
  const auto same = e.put_flow(flow_of("f", "core.echo"));
  CHECK(to_string(same->id) == "f@1.0.0");
  CHECK_FALSE(same->created);
  const auto two = e.put_flow(flow_of("f", "core.set"), {.version = {}, .publish = false});
  CHECK(to_string(two->id) == "f@1.0.1");
  CHECK(e.start("f")->flow == one->id);
  REQUIRE(e.flows().publish(two->id));
  CHECK(e.start("f")->flow == two->id);
  const auto clash = e.put_flow(flow_of("f", "core.log"), {.version = version{1, 0, 1}});
  REQUIRE_FALSE(clash);
  CHECK(clash.error().code == errc::already_exists);
  CHECK(e.flows().versions(flow_name{"f"})->size() == 2);
  CHECK(e.flows().publish({flow_name{"f"}, {9, 9, 9}}).error().code == errc::not_found);
}

TEST_CASE("listing pages newest first and counts agree with it", "[engine]") {
  engine e{quiet()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(flow_of("f", "core.echo")));
  for (int i = 0; i < 25; ++i)
    REQUIRE(e.start_and_wait("f", {}, 10s, {.id = run_id{"r" + std::to_string(i)}}));
  std::vector<std::string> seen;
  run_filter filter{.status = run_status::completed, .limit = 10};
  do {
    const auto page = e.runs().list(filter);
    REQUIRE(page);
    for (const auto& run : page->runs) seen.push_back(run.key.id.str());
    filter.cursor = page->next;
  } while (!filter.cursor.empty());
  REQUIRE(seen.size() == 25);
  CHECK(seen.front() == "r24");
  CHECK(seen.back() == "r0");
  for (const auto& c : *e.runs().counts())
    CHECK(c.count == (c.status == run_status::completed ? 25 : 0));
  CHECK(e.runs().list({.cursor = "zz"}).error().code == errc::invalid_argument);
  CHECK(e.runs().list({.limit = 0}).error().code == errc::invalid_argument);
}

TEST_CASE("a full engine answers overloaded and changes nothing", "[engine]") {
  settings s = quiet();
  s.engine.max_active_runs = 3;
  engine e{s};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(flow_of("f", "core.sleep", {{"args", {{"seconds", 60}}}})));
  for (int i = 0; i < 3; ++i) REQUIRE(e.start("f"));
  const auto refused = e.start("f", {}, {.id = run_id{"fourth"}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::overloaded);
  CHECK(e.get(run_id{"fourth"}).error().code == errc::not_found);
}

TEST_CASE("two engines in one process do not see each other", "[engine]") {
  folder a, b;
  settings sa = quiet(), sb = quiet();
  sa.storage.data_dir = a.path;
  sb.storage.data_dir = b.path;
  engine one{sa}, two{sb};
  REQUIRE(one.functions().add("t.me", [](step_context&) { return json{{"me", 1}}; }));
  REQUIRE(two.functions().add("t.me", [](step_context&) { return json{{"me", 2}}; }));
  REQUIRE(one.open());
  REQUIRE(two.open());
  REQUIRE(one.put_flow(flow_of("f", "t.me")));
  REQUIRE(two.put_flow(flow_of("f", "t.me")));
  CHECK(one.start_and_wait("f", {}, 10s, {.id = run_id{"x"}})->data.at("me") == 1);
  CHECK(two.get(run_id{"x"}).error().code == errc::not_found);
  CHECK(two.start_and_wait("f", {}, 10s, {.id = run_id{"x"}})->data.at("me") == 2);

  engine third{sa};
  const auto locked = third.open();
  REQUIRE_FALSE(locked);
  CHECK(locked.error().code == errc::locked);
}

TEST_CASE("eight threads register, start and list at once", "[engine]") {
  engine e{quiet()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(flow_of("f", "core.echo")));
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

TEST_CASE("a stopped engine's runs go on when the store is opened again", "[engine]") {
  folder data;
  settings s = quiet();
  s.storage.data_dir = data.path;
  s.engine.stop_timeout_ms = 0ms;
  run_id id;
  {
    engine e{s};
    REQUIRE(e.open());
    REQUIRE(e.put_flow(flow_of("f", "core.sleep", {{"args", {{"ms", 300}}}})));
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

TEST_CASE("an engine stops from another thread than the one that opened it", "[engine]") {
  engine e{quiet()};
  std::promise<void> opened;
  std::promise<void> stopped;
  std::thread opener{[&] {
    CHECK(e.open());
    opened.set_value();
    stopped.get_future().wait();  // this thread lives on while another one stops the engine
  }};
  opened.get_future().wait();
  auto stopping = std::async(std::launch::async, [&] { return e.stop(); });
  CHECK(stopping.wait_for(30s) == std::future_status::ready);
  stopped.set_value();
  opener.join();
  CHECK(stopping.get());
}

TEST_CASE("too large an input and too large a result are refused with a sentence", "[engine]") {
  engine e{quiet()};
  REQUIRE(e.functions().add("t.big", [](step_context&) {
    return json{{"blob", std::string(10u << 20, 'x')}};
  }));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(flow_of("f", "t.big")));
  const auto refused = e.start("f", {{"blob", std::string(10u << 20, 'x')}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::limit_exceeded);
  const auto failed = e.start_and_wait("f", {}, 10s);
  REQUIRE(failed);
  CHECK(failed->summary.error->type == "invalid_result");
}

TEST_CASE("asynchronous twins answer as their waiting ones do", "[engine]") {
  engine e{quiet()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(flow_of("f", "core.echo")));
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
  std::promise<result<std::vector<history_event>>> told;
  e.runs().history_async(done->summary.key.id, 1, 100,
                         [&](auto events) { told.set_value(events); });
  CHECK(told.get_future().get()->back().kind == "run_completed");
}

TEST_CASE("waiting for a run that goes on is timed out, and does it no harm", "[engine]") {
  engine e{quiet()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(flow_of("f", "core.sleep", {{"args", {{"ms", 200}}}})));
  const auto run = e.start("f");
  const auto early = e.wait(run->id, 10ms);
  REQUIRE_FALSE(early);
  CHECK(early.error().code == errc::timed_out);
  CHECK(e.wait(run->id, 20s)->summary.status == run_status::completed);
  CHECK(e.wait(run_id{"nobody"}, 1s).error().code == errc::not_found);
}

TEST_CASE("watchers are told what happens, in order, after it is durable", "[engine]") {
  engine e{quiet()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(flow_of("f", "core.log", {{"args", {{"message", "hello"}}}})));
  const auto watch = e.events().watch(run_id{"r"});
  REQUIRE(e.start_and_wait("f", {}, 10s, {.id = run_id{"r"}}));
  std::vector<std::string> kinds;
  while (auto event = watch->next(5s)) {
    kinds.push_back(event->what.kind);
    if (event->what.kind == "run_completed") break;
  }
  CHECK(kinds == std::vector<std::string>{"run_created", "step_started", "step_log",
                                          "step_finished", "run_completed"});
}
