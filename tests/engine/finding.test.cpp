// Runs are found by filters: at once, in stable pages, and with few reads.
#include <algorithm>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/engine/fixture.hpp"
#include "tests/support/text.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> found_by(const engine& e, const std::string& where,
                                  run_order order = run_order::newest) {
  const auto page = e.runs().list({.limit = 1'000, .where = where, .order = order});
  INFO(where);
  REQUIRE(page);
  std::vector<std::string> ids;
  for (const auto& run : page->runs) ids.push_back(run.key.id.str());
  return ids;
}

using ids = std::vector<std::string>;

}  // namespace

TEST_CASE("a run is found by all that it is, as soon as that is acknowledged", "[finding]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("waits", "signal", {{"name", "go"}})));
  REQUIRE(e.put_flow(task_flow("fails", "core.fail", {{"args", {{"type", "declined"}}}})));
  REQUIRE(e.start("waits", {}, {.id = run_id{"w1"}}));
  REQUIRE(e.start("waits", {}, {.id = run_id{"w2"}}));
  REQUIRE(e.start_and_wait("fails", {}, 10s, {.id = run_id{"f1"}}));

  CHECK(found_by(e, "") == ids{"f1", "w2", "w1"});
  CHECK(found_by(e, "", run_order::oldest) == ids{"w1", "w2", "f1"});
  CHECK(found_by(e, "flow=waits") == ids{"w2", "w1"});
  CHECK(found_by(e, "flow=waits@1 status=running") == ids{"w2", "w1"});
  CHECK(found_by(e, "waiting=signal:go") == ids{"w2", "w1"});
  CHECK(found_by(e, "waiting=signal:stop").empty());
  CHECK(found_by(e, "node=work status=running id^=w") == ids{"w2", "w1"});
  CHECK(found_by(e, "error=declined node=work") == ids{"f1"});
  CHECK(found_by(e, "started>-1h flow!=waits") == ids{"f1"});
  CHECK(found_by(e, "started<-1h").empty());

  REQUIRE(e.signal(run_id{"w1"}, "go"));
  REQUIRE(e.wait(run_id{"w1"}, 10s));
  REQUIRE(e.runs().pause(run_id{"w2"}));
  CHECK(found_by(e, "waiting=signal:go") == ids{"w2"});
  CHECK(found_by(e, "status=paused") == ids{"w2"});
  CHECK(found_by(e, "", run_order::finished_last) == ids{"w1", "f1"});
  CHECK(found_by(e, "status=failed", run_order::finished_first) == ids{"f1"});
  REQUIRE(e.runs().cancel(run_id{"w2"}));
  CHECK(found_by(e, "waiting=signal:go").empty());
  CHECK(found_by(e, "", run_order::finished_first) == ids{"f1", "w1", "w2"});
}

TEST_CASE("a run that waits in one branch is found while another one executes", "[finding]") {
  auto held = std::make_shared<std::promise<void>>();  // outlives the engine
  const auto open = held->get_future().share();
  engine e{quiet_settings()};
  REQUIRE(e.functions().add("hold", [open](const json&, step_context&) -> result<json> {
    open.wait();
    return json::object();
  }));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(flow_named(
      "f",
      {node("begin", "start"), node("fork", "parallel"), node("ask", "signal", {{"name", "go"}}),
       node("work", "task", {{"code_ref", "hold"}}), node("join", "join"), node("end", "end")},
      {edge("begin", "fork"), edge("fork", "ask"), edge("fork", "work"), edge("ask", "join"),
       edge("work", "join"), edge("join", "end")})));
  REQUIRE(e.start("f", {}, {.id = run_id{"r"}}));
  CHECK(found_by(e, "waiting=signal:go node=ask") == ids{"r"});
  held->set_value();
  REQUIRE(e.signal(run_id{"r"}, "go"));
  REQUIRE(e.wait(run_id{"r"}, 10s));
  CHECK(found_by(e, "waiting=signal:go").empty());
}

TEST_CASE("pages of a filter are stable while runs change, in both directions", "[finding]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  REQUIRE(e.put_flow(task_flow("g", "core.echo")));
  const auto begun = [&](const std::string& prefix, int first, int last) {
    for (int i = first; i < last; ++i) {
      REQUIRE(e.start("f", {}, {.id = run_id{prefix + std::to_string(i)}}));
      REQUIRE(e.start_and_wait("g", {}, 10s));
    }
  };
  begun("r", 0, 20);
  for (const auto order : {run_order::newest, run_order::oldest}) {
    run_filter filter{.limit = 3, .where = "flow=f id^=r started>-1h", .order = order};
    ids seen;
    int others = 0;
    do {
      const auto page = e.runs().list(filter);
      REQUIRE(page);
      for (const auto& run : page->runs) seen.push_back(run.key.id.str());
      filter.cursor = page->next;
      begun("other" + std::to_string(static_cast<int>(order)) + "-", others, others + 1);
      ++others;
    } while (!filter.cursor.empty());
    CHECK(seen.size() == 20);
    std::sort(seen.begin(), seen.end());
    CHECK(std::unique(seen.begin(), seen.end()) == seen.end());
  }
}

TEST_CASE("runs are listed and counted by an attribute, in stable pages", "[finding]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  const auto begin = [&](int n) {
    start_options how{.id = run_id{"r" + std::to_string(n)}};
    how.attributes = {{"n", static_cast<double>(n)}};
    REQUIRE(e.start("f", {}, std::move(how)));
  };
  for (int n = 100; n-- > 10;) begin(n);
  REQUIRE(e.start("f", {}, {.id = run_id{"without"}}));
  for (const auto order : {run_order::by_attribute, run_order::by_attribute_reverse}) {
    run_filter filter{.limit = 7, .where = "attr.n>=20 attr.n<90", .order = order, .order_by = "n"};
    ids seen;
    do {
      const auto page = e.runs().list(filter);
      REQUIRE(page);
      CHECK(page->search.index == "attr.n");
      CHECK(page->search.keys_read <= 60);
      for (const auto& run : page->runs) seen.push_back(run.key.id.str());
      filter.cursor = page->next;
      begin(order == run_order::by_attribute ? 1'000 + static_cast<int>(seen.size())
                                             : 2'000 + static_cast<int>(seen.size()));
    } while (!filter.cursor.empty());
    ids expected;
    for (int n = 20; n < 90; ++n) expected.push_back("r" + std::to_string(n));
    if (order == run_order::by_attribute_reverse) std::reverse(expected.begin(), expected.end());
    CHECK(seen == expected);
  }
  CHECK(e.runs().count({.where = "attr.n>=20 attr.n<90"})->count == 70);
  const auto refused = e.runs().list({.order = run_order::by_attribute});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::invalid_argument);
  CHECK_FALSE(e.runs().list({.order = run_order::newest, .order_by = "n"}));
}

TEST_CASE("a large range of an attribute is counted from its index alone", "[finding]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  constexpr int runs = 4'500;
  std::vector<start_request> requests;
  for (int n = 0; n < runs; ++n) {
    requests.push_back({.flow = "f"});
    requests.back().options.attributes = {{"n", static_cast<double>(n)}};
    if (requests.size() < 500) continue;
    for (const auto& started : e.runs().start_many(std::exchange(requests, {}))) REQUIRE(started);
  }
  const auto counted = e.runs().count({.where = "attr.n>=100"});
  REQUIRE(counted);
  CHECK(counted->count == runs - 100);
  CHECK(counted->exact);
  CHECK(counted->search.index == "attr.n");
  CHECK(counted->search.keys_read <= 2 * runs);
  const auto compared = e.runs().count({.where = "attr.n>=100 status=running id^=x"});
  REQUIRE(compared);
  CHECK(compared->count == 0);
}

TEST_CASE("a cursor of another filter, order or scope is refused", "[finding]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  for (int i = 0; i < 3; ++i) REQUIRE(e.start("f"));
  const auto page = e.runs().list({.limit = 1, .where = "flow=f"});
  REQUIRE(page);
  const std::string cursor = page->next;
  REQUIRE_FALSE(cursor.empty());
  CHECK(e.runs().list({.limit = 2, .cursor = cursor, .where = "flow=f"}));
  const auto refused = [&](const result<run_page>& answer) {
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == errc::invalid_argument);
    CHECK(contains(answer.error().message, "it belongs to another filter"));
  };
  refused(e.runs().list({.cursor = cursor}));
  refused(e.runs().list({.cursor = cursor, .where = "flow=g"}));
  refused(e.runs().list({.cursor = cursor, .where = "flow=f", .order = run_order::oldest}));
  refused(e.runs().list({.status = run_status::running, .cursor = cursor, .where = "flow=f"}));
  refused(e.scope("other")->runs().list({.cursor = cursor, .where = "flow=f"}));
  const std::string far_away = cursor.substr(0, 16) + std::string(16, 'f') + cursor.substr(32);
  const std::string long_ago =
      cursor.substr(0, 16) + "8" + std::string(15, '0') + cursor.substr(32);
  for (const std::string& bad :
       {cursor.substr(0, 10), std::string{"zz"}, cursor + "0", far_away, long_ago})
    CHECK(e.runs().list({.cursor = bad, .where = "flow=f"}).error().code == errc::invalid_argument);
}

TEST_CASE("a mistake in a filter is refused with its position", "[finding]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  const auto listed = e.runs().list({.where = "status=runing"});
  REQUIRE_FALSE(listed);
  CHECK(listed.error().code == errc::invalid_argument);
  CHECK(contains(listed.error().message, "position 8"));
  CHECK(contains(listed.error().message, "did you mean \"running\"?"));
  CHECK(e.runs().count({.where = "x"}).error().code == errc::invalid_argument);
}

TEST_CASE("runs are counted by counters or by the index", "[finding]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  REQUIRE(e.put_flow(task_flow("g", "core.echo")));
  for (int i = 0; i < 30; ++i) REQUIRE(e.start("f"));
  for (int i = 0; i < 7; ++i) REQUIRE(e.start_and_wait("g", {}, 10s));
  const auto count = [&](run_filter filter) {
    const auto total = e.runs().count(filter);
    REQUIRE(total);
    CHECK(total->exact);
    return *total;
  };
  const auto by_status = count({.where = "status=running,completed status!=completed"});
  CHECK(by_status.count == 30);
  CHECK(by_status.search.index == "counters");
  CHECK(by_status.search.keys_read <= 5);
  CHECK(count({}).count == 37);
  CHECK(count({.status = run_status::completed}).count == 7);
  const auto by_flow = count({.flow = flow_name{"g"}});
  CHECK(by_flow.count == 7);
  CHECK(by_flow.search.index == "flow");
  CHECK(by_flow.search.keys_read <= 14);
  CHECK(count({.where = "waiting=signal:go started>-1h"}).count == 30);
}

TEST_CASE("a page says which index was read, and how much of it", "[finding]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  for (int i = 0; i < 50; ++i) REQUIRE(e.start("f"));
  const auto searched = [&](const std::string& where) {
    const auto page = e.runs().list({.limit = 10, .where = where});
    REQUIRE(page);
    return page->search;
  };
  CHECK(searched("").index == "all runs");
  CHECK(searched("status=running").index == "status");
  CHECK(searched("flow=f").index == "flow");
  CHECK(searched("flow=f status=running").index == "flow, status");
  CHECK(searched("flow=f waiting=signal:go").index == "flow, waiting");
  CHECK(searched("error=x").index == "error");
  CHECK(searched("error=x").keys_read == 0);  // its list is empty
  CHECK(searched("id=x").index == "id");
  CHECK(searched("flow=f").keys_read >= 10);
  CHECK(searched("flow=f").keys_read <= 80);
}
