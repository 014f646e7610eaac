// Flow versions, listings, waits and watches.
#include <algorithm>
#include <future>
#include <string>
#include <vector>

#include <pawl/flow_numbers.hpp>

#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

TEST_CASE("a definition that is not an object, or whose name is not a string, is refused",
          "[engine]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  json unnamed = task_flow("f", "core.echo");
  for (const json& name : {json(), json(1.5), json::array(), json(true)}) {
    unnamed["name"] = name;
    for (const json& definition : {unnamed, name, json("f")}) {
      CAPTURE(definition);
      const auto refused = e.put_flow(definition, {.version = version{1, 5, 0}});
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code == errc::invalid_flow);
    }
  }
  CHECK(e.put_flow(task_flow("f", "core.echo")));
}

TEST_CASE("the versions of a flow are listed in pages", "[engine]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("g", "core.echo")));
  for (int i = 0; i < 25; ++i)
    REQUIRE(e.put_flow(task_flow("f", "core.echo", {{"args", {{"n", i}}}})));
  const flow_name name{"f"};
  std::vector<version> found;
  flow_filter filter{10, ""};
  std::size_t pages = 0;
  do {
    const auto page = e.flows().versions(name, filter);
    REQUIRE(page);
    for (const auto& each : page->versions) {
      CHECK(each.id.name == name);
      found.push_back(each.id.version);
    }
    filter.cursor = page->next;
    ++pages;
  } while (!filter.cursor.empty());
  CHECK(pages == 3);
  CHECK(found.size() == 25);
  CHECK(std::is_sorted(found.begin(), found.end()));
  CHECK(e.flows().versions(name)->size() == 25);
  CHECK(e.flows().versions(flow_name{"none"}, {}).error().code == errc::not_found);
  CHECK(e.flows().versions(name, {0, ""}).error().code == errc::invalid_argument);
  CHECK(e.flows().versions(name, {1'001, ""}).error().code == errc::invalid_argument);
  CHECK(e.flows().versions(name, {10, "zz"}).error().code == errc::invalid_argument);
}

TEST_CASE("a page of versions ends when it has some megabytes", "[engine]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  for (int i = 0; i < 8; ++i) {
    const std::string text(700'000, static_cast<char>('a' + i));
    REQUIRE(e.put_flow(task_flow("f", "core.echo", {{"args", {{"text", text}}}})));
  }
  const auto first = e.flows().versions(flow_name{"f"}, flow_filter{});
  REQUIRE(first);
  CHECK(first->versions.size() < 8);
  CHECK(first->versions.size() >= 5);
  const auto second = e.flows().versions(flow_name{"f"}, {100, first->next});
  REQUIRE(second);
  CHECK(first->versions.size() + second->versions.size() == 8);
  CHECK(second->next.empty());
}

TEST_CASE("versions are immutable, numbered, published and kept by their runs", "[engine]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  const auto one = e.put_flow(task_flow("f", "core.echo"));
  CHECK(to_string(one->id) == "f@1.0.0");
  CHECK(one->created);
  const auto same = e.put_flow(task_flow("f", "core.echo"));
  CHECK(to_string(same->id) == "f@1.0.0");
  CHECK_FALSE(same->created);
  const auto two = e.put_flow(task_flow("f", "core.set"), {.version = {}, .publish = false});
  CHECK(to_string(two->id) == "f@1.0.1");
  CHECK(e.start("f")->flow == one->id);
  REQUIRE(e.flows().publish(two->id));
  CHECK(e.start("f")->flow == two->id);
  const auto clash = e.put_flow(task_flow("f", "core.log"), {.version = version{1, 0, 1}});
  REQUIRE_FALSE(clash);
  CHECK(clash.error().code == errc::already_exists);
  CHECK(e.flows().versions(flow_name{"f"})->size() == 2);
  CHECK(e.flows().publish({flow_name{"f"}, {9, 9, 9}}).error().code == errc::not_found);
}

TEST_CASE("a start takes the newest version of a range, up to the published one", "[engine]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  const auto start = [&](const char* range, const char* key = "") {
    return e.start("f", {}, {.key = key, .version = *parse_version_range(range)});
  };
  const auto put = [&](const version& as, bool publish) {
    const json args{{"version", to_string(as)}};
    REQUIRE(e.put_flow(task_flow("f", "core.echo", {{"args", args}}),
                       {.version = as, .publish = publish}));
  };
  CHECK(start("1.x").error().message == "no such flow: f");
  put({1, 0, 0}, false);
  CHECK(start("1.x").error().message.find("no published version") != std::string::npos);
  put({1, 1, 0}, true);
  put({1, 2, 0}, false);
  CHECK(start("1.x")->flow.version == version{1, 1, 0});
  CHECK(start("1.0.x")->flow.version == version{1, 0, 0});
  CHECK(start("1.2.0")->flow.version == version{1, 2, 0});
  CHECK(start("1.x", "order-1")->flow.version == version{1, 1, 0});

  put({2, 0, 0}, true);
  put({3, 0, 0}, false);
  CHECK(start("1.x")->flow.version == version{1, 2, 0});
  CHECK(start("2.x")->flow.version == version{2, 0, 0});
  const auto repeated = start("1.x", "order-1");
  CHECK_FALSE(repeated->created);
  CHECK(repeated->flow.version == version{1, 1, 0});
  const auto none = start("3.x");
  REQUIRE_FALSE(none);
  CHECK(none.error().code == errc::not_found);
  CHECK(none.error().message ==
        "flow \"f\" has no version 3.x up to the published one; it has 3.0.0, 2.0.0 (published), "
        "1.2.0, 1.1.0, 1.0.0");

  // Taken back.
  REQUIRE(e.flows().publish({flow_name{"f"}, {1, 1, 0}}));
  CHECK(start("1.x")->flow.version == version{1, 1, 0});
  CHECK_FALSE(start("2.x"));
}

TEST_CASE("a range leaves out versions that old clients have deleted", "[engine]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  for (std::uint32_t patch = 0; patch < 3; ++patch) {
    const json args{{"patch", patch}};
    REQUIRE(e.put_flow(task_flow("f", "core.echo", {{"args", args}}),
                       {.version = version{1, 0, patch}}));
  }
  REQUIRE(e.put_flow(task_flow("f", "core.set"), {.version = version{2, 0, 0}}));
  std::promise<result<flow_numbers>> changed;
  scope_flow_numbers{e.scope()}.change_async(
      {.id = {flow_name{"f"}, {1, 0, 2}}, .withdrawn = true},
      [&](result<flow_numbers> done) { changed.set_value(std::move(done)); });
  REQUIRE(changed.get_future().get());
  const auto run = e.start("f", {}, {.version = *parse_version_range("1.x")});
  REQUIRE(run);
  CHECK(run->flow.version == version{1, 0, 1});
}

TEST_CASE("runs are listed in pages, newest first, and counts agree", "[engine]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("f", "core.echo")));
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

TEST_CASE("a wait that times out does not affect the run", "[engine]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("f", "core.sleep", {{"args", {{"ms", 200}}}})));
  const auto run = e.start("f");
  const auto early = e.wait(run->id, 10ms);
  REQUIRE_FALSE(early);
  CHECK(early.error().code == errc::timed_out);
  CHECK(e.wait(run->id, 20s)->summary.status == run_status::completed);
  CHECK(e.wait(run_id{"unknown"}, 1s).error().code == errc::not_found);
}

TEST_CASE("watchers receive durable events in order", "[engine]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("f", "core.log", {{"args", {{"message", "hello"}}}})));
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
