// Queries that wait for a thread: who is next, and what is withdrawn.

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "tests/engine/fixture.hpp"
#include "tests/engine/held_queries.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

TEST_CASE("the query of one run does not wait for pages, of whatever scope", "[engine][queries]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("f", "core.echo")));
  const auto id = e.start("f", json::object())->id;
  REQUIRE(e.runs().wait(id, 10s));
  held_pages pages{e};
  std::atomic<int> listed{0};
  for (int i = 0; i < 100; ++i) e.runs().list_async({}, [&](const result<run_page>&) { ++listed; });
  kept_answer<run_view> run;
  e.runs().get_async(id, run.done());
  CHECK(run.get());
  kept_answer<std::vector<run_count>> counts;
  e.scope("other")->runs().counts_async(counts.done());
  CHECK(counts.get());
  CHECK(listed == 0);
  pages.release();
  REQUIRE(e.stop());
  CHECK(listed == 100);
}

TEST_CASE("a page of another kind or scope waits for few of the pages before it",
          "[engine][queries]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("f", "core.echo")));
  const auto other = e.scope("other");
  held_pages pages{e};
  std::atomic<int> listed{0};
  for (int i = 0; i < 100; ++i) e.runs().list_async({}, [&](const result<run_page>&) { ++listed; });
  std::promise<int> before_flows, before_other;
  e.flows().list_async(flow_filter{},
                       [&](const result<flow_page>&) { before_flows.set_value(+listed); });
  other->runs().list_async({}, [&](const result<run_page>&) { before_other.set_value(+listed); });
  pages.release_one();  // with one thread for pages, answers come in the order of turns
  CHECK(before_flows.get_future().get() <= 10);
  CHECK(before_other.get_future().get() <= 10);
  pages.release();
  REQUIRE(e.stop());
  CHECK(listed == 100);
}

TEST_CASE("a query that is withdrawn leaves the queue and its place", "[engine][queries]") {
  settings s = quiet_settings();
  s.engine.max_queries = 2;  // those that are answered now have none
  engine e{s};
  REQUIRE(e.open());
  held_pages pages{e};
  std::stop_source gone;
  kept_answer<run_page> first, second, third;
  e.runs().list_async({}, first.done(), gone.get_token());
  e.runs().list_async({}, second.done());
  kept_answer<run_page> refused;
  e.runs().list_async({}, refused.done());
  CHECK(refused.get().error().code == errc::overloaded);
  gone.request_stop();
  CHECK(first.get().error().code == errc::cancelled);  // while all threads for pages are held
  e.runs().list_async({}, third.done());
  pages.release();
  CHECK(second.get());
  CHECK(third.get());
}

TEST_CASE("a long list lets other queries of its scope and of others pass", "[engine][queries]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  for (int i = 0; i < 2'500; ++i) REQUIRE(e.start("f"));
  const auto other = e.scope("other");
  held_pages pages{e};
  std::string order;     // of the answers; with one thread for pages they do not overlap
  run_filter searching;  // reads all records
  searching.where = "id^=unknown";
  for (int i = 0; i < 3; ++i) {
    e.runs().list_async(searching, [&](const result<run_page>& page) {
      REQUIRE(page);
      CHECK(page->runs.empty());
      CHECK(page->next.empty());
      order += 'l';
    });
  }
  e.runs().list_async({}, [&](const result<run_page>& page) {
    CHECK(page->runs.size() == 100);
    order += 's';
  });
  e.flows().list_async(flow_filter{}, [&](const result<flow_page>&) { order += 'f'; });
  other->runs().list_async({}, [&](const result<run_page>&) { order += 'o'; });
  kept_answer<run_page> last;
  e.runs().list_async(searching, last.done());
  pages.release_one();
  CHECK(last.get());
  CHECK(order.size() == 6);
  CHECK(order.substr(3) == "lll");
  pages.release();
}

TEST_CASE("a list that is withdrawn between two turns ends", "[engine][queries]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  for (int i = 0; i < 2'500; ++i) REQUIRE(e.start("f"));
  held_pages pages{e};
  run_filter searching;
  searching.where = "id^=unknown";
  std::stop_source gone;
  kept_answer<run_page> first, second;
  e.runs().list_async(searching, first.done(), gone.get_token());
  // Is answered after the first turn of the list before it.
  e.runs().list_async({}, [&](const result<run_page>&) { gone.request_stop(); });
  e.runs().list_async(searching, second.done());
  pages.release_one();
  CHECK(first.get().error().code == errc::cancelled);
  CHECK(second.get());
  pages.release();
}

TEST_CASE("pages that are read in turns have what one turn would have", "[engine][queries]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  REQUIRE(e.put_flow(task_flow("g", "core.echo")));
  std::vector<std::string> started;
  for (int i = 0; i < 1'500; ++i) started.push_back(e.start(i % 5 == 0 ? "g" : "f")->id.str());
  run_filter filter;
  filter.limit = 1'000;
  filter.flow = flow_name{"f"};
  std::vector<std::string> listed;
  do {
    kept_answer<run_page> answer;
    e.runs().list_async(filter, answer.done());
    const auto page = answer.get();
    REQUIRE(page);
    for (const auto& run : page->runs) listed.push_back(run.key.id.str());
    filter.cursor = page->next;
  } while (!filter.cursor.empty());
  CHECK(listed.size() == 1'200);
  std::sort(listed.begin(), listed.end());
  CHECK(std::unique(listed.begin(), listed.end()) == listed.end());

  std::size_t events = 0;
  journal_position after{};
  for (bool more = true; more;) {
    kept_answer<event_page> answer;
    e.events().read_async(after, 1'000, answer.done());
    const auto page = answer.get();
    REQUIRE(page);
    for (const auto& each : page->events) {
      CHECK(each.position > after);
      after = each.position;
      if (each.what.kind == "run_created") ++events;
    }
    more = page->more;
    after = page->next;
  }
  CHECK(events == 1'500);
}
