// The events of a scope, in one order that survives a restart.

#include <pawl/engine.hpp>

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace std::chrono_literals;

namespace {

settings settings_of_events(const std::filesystem::path& folder = {}) {
  settings s;
  s.log.level = log_level::error;
  s.storage.data_dir = folder;
  return s;
}

json echo_flow(int steps) {
  json nodes = {{{"id", "n0"}, {"type", "start"}}};
  json edges = json::array();
  for (int i = 1; i <= steps; ++i) {
    const std::string id = "n" + std::to_string(i);
    nodes.push_back({{"id", id}, {"type", "task"}, {"data", {{"code_ref", "core.echo"}}}});
    edges.push_back({{"source", "n" + std::to_string(i - 1)}, {"target", id}});
  }
  return {{"name", "echo"}, {"nodes", nodes}, {"edges", edges}};
}

/// All events after a position, read in pages.
std::vector<placed_event> all_after(const scope& in, journal_position after, std::size_t limit) {
  std::vector<placed_event> all;
  while (true) {
    const auto page = in.events().read(after, limit);
    REQUIRE(page);
    REQUIRE_FALSE(page->lost);
    for (const auto& e : page->events) all.push_back(e);
    if (page->next == after) return all;
    after = page->next;
  }
}

}  // namespace

TEST_CASE("the events of a scope are read in one order, whatever the page size", "[events]") {
  engine e{settings_of_events()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(echo_flow(5)));
  const auto begin = e.events().read();
  REQUIRE(begin);
  CHECK(begin->events.empty());
  std::vector<run_id> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(e.start("echo")->id);
  for (const auto& id : ids) REQUIRE(e.wait(id, 10s));
  const auto all = all_after(e.scope(), begin->next, 1000);
  std::map<run_id, std::vector<std::string>> of_run;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) REQUIRE(all[i - 1].position < all[i].position);
    of_run[all[i].run].push_back(all[i].what.kind);
  }
  REQUIRE(of_run.size() == 20);
  for (const auto& id : ids) {
    std::vector<std::string> told;
    const auto history = e.runs().history(id);
    for (const auto& h : *history) told.push_back(h.kind);
    CHECK(of_run[id] == told);
  }
  for (const std::size_t limit : {1, 7}) {
    const auto again = all_after(e.scope(), begin->next, limit);
    REQUIRE(again.size() == all.size());
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(again[i].position == all[i].position);
  }
  // From any position on, the remaining events are read, each once.
  for (std::size_t i = 0; i < all.size(); i += 11) {
    const auto rest = all_after(e.scope(), all[i].position, 3);
    REQUIRE(rest.size() == all.size() - i - 1);
    if (!rest.empty()) CHECK(rest.front().position == all[i + 1].position);
  }
}

TEST_CASE("events of other scopes are not visible", "[events]") {
  engine e{settings_of_events()};
  REQUIRE(e.open());
  const auto other = e.scope("other");
  REQUIRE(other);
  REQUIRE(other->put_flow(echo_flow(1)));
  const auto begin = e.events().read();
  REQUIRE(other->start_and_wait("echo", json::object(), 10s));
  CHECK(all_after(e.scope(), begin->next, 10).empty());
  CHECK_FALSE(all_after(*other, begin->next, 10).empty());
}

TEST_CASE("event positions survive a restart of the engine", "[events]") {
  const auto folder =
      std::filesystem::temp_directory_path() / ("pawl-events-" + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  journal_position begin;
  std::size_t told = 0;
  {
    engine e{settings_of_events(folder)};
    REQUIRE(e.open());
    REQUIRE(e.put_flow(echo_flow(3)));
    begin = e.events().read()->next;
    REQUIRE(e.start_and_wait("echo", json::object(), 10s));
    told = all_after(e.scope(), begin, 10).size();
    CHECK(told > 3);
  }
  {
    engine e{settings_of_events(folder)};
    REQUIRE(e.open());
    CHECK(all_after(e.scope(), begin, 10).size() == told);
    REQUIRE(e.start_and_wait("echo", json::object(), 10s));
    CHECK(all_after(e.scope(), begin, 10).size() == 2 * told);
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("a reader whose events were deleted is told that some are lost", "[events]") {
  settings s = settings_of_events();
  s.storage.journal_groups = 3;
  engine e{s};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(echo_flow(10)));
  const auto begin = e.events().read();
  REQUIRE(e.start_and_wait("echo", json::object(), 10s));
  const auto late = e.events().read(begin->next);
  REQUIRE(late);
  CHECK(late->lost);
  CHECK_FALSE(late->events.empty());
  CHECK(late->events.back().what.kind == "run_completed");
  // The same for a position that never existed.
  const auto never = e.events().read(journal_position{1'000'000, 0, 0});
  REQUIRE(never);
  CHECK(never->lost);
  CHECK(e.events().read(never->next)->lost == false);
}

TEST_CASE("an event position is parsed as it is formatted", "[events]") {
  const journal_position place{12, 3, 4};
  CHECK(to_string(place) == "12.3.4");
  CHECK(*parse_journal_position("12.3.4") == place);
  for (const char* bad : {"", "1", "1.2", "1.2.", "1.2.3.4", "a.b.c", "1.2.x", "-1.2.3", "1..3"}) {
    const auto refused = parse_journal_position(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::invalid_argument);
  }
}
