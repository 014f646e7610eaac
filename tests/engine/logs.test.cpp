// The logs of runs, on a real engine.

#include <atomic>
#include <future>
#include <thread>

#include <pawl/run_logs.hpp>

#include "actors/engine_context.hpp"
#include "persistence/conformance.hpp"
#include "persistence/store.hpp"
#include "runtime/components.hpp"
#include "runtime/core.hpp"
#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> log_of(const engine& e, const std::string& run, std::size_t limit = 1000) {
  std::promise<result<std::vector<run_log_line>>> answer;
  auto later = answer.get_future();
  scope_logs{e.scope()}.read_async(run_id{run}, limit,
                                   [&answer](auto lines) { answer.set_value(std::move(lines)); });
  const auto lines = later.get();
  REQUIRE(lines);
  std::vector<std::string> messages;
  for (const auto& each : *lines) messages.push_back(each.message);
  return messages;
}

void say(const engine& e, const std::string& run, const std::string& message) {
  scope_logs{e.scope()}.add(run_id{run}, {from_unix_us(1), "info", "n", 1, 1, message});
}

void start_logged(const engine& e, const std::string& run) {
  REQUIRE(e.put_flow(single("f", "set", {{"values", {{"a", 1}}}})));
  start_options how;
  how.id = run_id{run};
  REQUIRE(e.start_and_wait("f", json::object(), 30s, how));
}

std::size_t checkpoint_records(engine& e) {
  const auto now = engine_access::core(e).running()->store->durable_view();
  return persistence::conformance::scan(*now, persistence::column::checkpoints).size();
}

}  // namespace

TEST_CASE("a log is kept with its run, also over a restart", "[engine][logs]") {
  const data_folder folder;
  {
    engine e{folder.used()};
    REQUIRE(e.open());
    start_logged(e, "r");
    for (int i = 0; i < 100; ++i) say(e, "r", std::to_string(i));
    CHECK(log_of(e, "r").size() == 100);
    say(e, "r", "last");  // a stop writes what was added before it
    REQUIRE(e.stop());
  }
  engine e{folder.used()};
  REQUIRE(e.open());
  CHECK(log_of(e, "r").size() == 101);
  CHECK(log_of(e, "r", 2) == std::vector<std::string>{"99", "last"});
  CHECK(log_of(e, "other").empty());
}

TEST_CASE("a log is removed with its run", "[engine][logs]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  start_logged(e, "r");
  say(e, "r", "a line");
  CHECK(log_of(e, "r").size() == 1);
  REQUIRE(e.runs().remove(run_id{"r"}));
  CHECK(checkpoint_records(e) == 0);
  say(e, "r", "too late");
  CHECK(log_of(e, "r").empty());
  CHECK(checkpoint_records(e) == 0);
}

TEST_CASE("lines that come while their run is removed leave no record", "[engine][logs]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  for (int round = 0; round < 50; ++round) {
    const std::string run = "r-" + std::to_string(round);
    start_logged(e, run);
    say(e, run, "before");
    auto removed = std::async(std::launch::async, [&] { return e.runs().remove(run_id{run}); });
    for (int i = 0; i < 20; ++i) say(e, run, "meanwhile");
    REQUIRE(removed.get());
  }
  log_of(e, "r-0");  // all lines have had their turn
  CHECK(checkpoint_records(e) == 0);
}

TEST_CASE("what steps log is kept with their run, whether it is watched or not", "[engine][logs]") {
  engine e{quiet_settings()};
  REQUIRE(e.functions().add("t.talk", [](const json&, step_context& step) {
    // More than a subscriber may be late.
    for (int i = 0; i < 12'000; ++i) step.log(log_level::info, std::to_string(i));
    return json::object();
  }));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("talk", "t.talk")));
  for (const std::string run : {"a", "b"}) {
    start_options how;
    how.id = run_id{run};
    REQUIRE(e.start_and_wait("talk", json::object(), 30s, how));
    const auto lines = log_of(e, run, 20'000);
    REQUIRE_FALSE(lines.empty());
    CHECK(lines.back() == "11999");
    CHECK(e.metrics().run_log_lines_lost == 0);
  }
}

TEST_CASE("a log is read while its steps log without a pause", "[engine][logs]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  start_logged(e, "r");
  std::atomic<bool> done{false};
  std::thread talker{[&] {
    for (std::uint64_t i = 0; !done; ++i) say(e, "r", std::to_string(i) + std::string(200, 'x'));
  }};
  for (int i = 0; i < 20; ++i) CHECK(log_of(e, "r", 10).size() <= 10);
  done = true;
  talker.join();
}

TEST_CASE("an answer with log lines is bounded in bytes", "[engine][logs]") {
  settings s = quiet_settings();
  s.run.max_log_bytes = 64u << 20;
  engine e{s};
  REQUIRE(e.open());
  start_logged(e, "r");
  for (int i = 0; i < 200; ++i) {
    say(e, "r", std::to_string(i) + std::string(50'000, 'x'));
    if (i % 20 == 0) log_of(e, "r", 1);  // until they are written
  }
  const auto lines = log_of(e, "r", 10'000);
  CHECK(lines.size() > 80);
  CHECK(lines.size() < 100);
  CHECK(lines.back().starts_with("199x"));
}

TEST_CASE("lines of a run that does not exist are counted as lost", "[engine][logs]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  say(e, "nobody", "a line");
  for (int looks = 0; looks < 1000 && e.metrics().run_log_lines_lost == 0; ++looks)
    std::this_thread::sleep_for(10ms);
  CHECK(e.metrics().run_log_lines_lost == 1);
}

TEST_CASE("a log keeps its newest lines within the limits", "[engine][logs]") {
  settings s = quiet_settings();
  s.run.max_log_lines = 20;
  engine e{s};
  REQUIRE(e.open());
  start_logged(e, "r");
  for (int i = 0; i < 200; ++i) {
    say(e, "r", std::to_string(i));
    CHECK(log_of(e, "r").size() <= 20);
  }
  CHECK(log_of(e, "r").back() == "199");
  CHECK(log_of(e, "r").size() == 20);
  say(e, "r", std::string(1'000'000, 'x'));
  CHECK(log_of(e, "r", 1).front().size() < 70'000);
}

TEST_CASE("without bytes for logs none is kept", "[engine][logs]") {
  settings s = quiet_settings();
  s.run.max_log_bytes = 0;
  engine e{s};
  REQUIRE(e.open());
  start_logged(e, "r");
  say(e, "r", "a line");
  CHECK(log_of(e, "r").empty());
}

TEST_CASE("an engine that only reads reads logs", "[engine][logs]") {
  const data_folder folder;
  {
    engine e{folder.used()};
    REQUIRE(e.open());
    start_logged(e, "r");
    say(e, "r", "a line");
    REQUIRE(e.stop());
  }
  const settings s = folder.used();
  engine_components given;
  given.only_reads = true;
  given.open_store = [storage = s.storage] { return open_store(storage, nullptr); };
  engine e = engine_access::make(s, std::move(given));
  REQUIRE(e.open());
  CHECK(log_of(e, "r") == std::vector<std::string>{"a line"});
  CHECK(e.start("f").error().code == errc::read_only);
}
