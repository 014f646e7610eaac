// Attributes of runs on a real engine: found as soon as they are acknowledged, also after a
// restart.

#include <pawl/run_errors.hpp>

#include "tests/engine/fixture.hpp"
#include "tests/support/text.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

json orders() {
  json flow = flow_named(
      "orders", {node("begin", "start"), node("go", "signal", {{"name", "go"}, {"into", "order"}})},
      {edge("begin", "go")});
  flow["attributes"] = json::parse(R"({
    "customer": {"var": "order.customer"},
    "total": {"rule": {"var": "order.total"}, "type": "number"},
    "team": {"type": "text"}})");
  return flow;
}

std::vector<std::string> runs_where(const engine& e, const std::string& where) {
  const auto page = e.runs().list({.where = where});
  INFO(where);
  REQUIRE(page);
  std::vector<std::string> ids;
  for (const auto& run : page->runs) ids.push_back(run.key.id.str());
  return ids;
}

using run_ids = std::vector<std::string>;

}  // namespace

TEST_CASE("a run is found by its attributes, before and after a restart of the engine",
          "[attributes]") {
  const data_folder folder;
  const auto check = [](const engine& e) {
    CHECK(runs_where(e, "attr.customer=acme") == run_ids{"r2", "r1"});
    CHECK(runs_where(e, "attr.customer=acme attr.total<50") == run_ids{"r1"});
    CHECK(runs_where(e, "attr.team=blue") == run_ids{"r2"});
    CHECK(runs_where(e, "attr.team!=blue") == run_ids{"r3", "r1"});
    CHECK(e.runs().count({.where = "attr.customer^=ac status=running"})->count == 2);
  };
  {
    engine e{folder.used()};
    REQUIRE(e.open());
    REQUIRE(e.put_flow(orders()));
    const auto order = [](const char* customer, int total) {
      return json{{"order", {{"customer", customer}, {"total", total}}}};
    };
    REQUIRE(e.start("orders", order("acme", 42), {.id = run_id{"r1"}}));
    start_options blue{.id = run_id{"r2"}};
    blue.attributes = {{"team", "blue"}};
    REQUIRE(e.start("orders", order("acme", 99), blue));
    REQUIRE(e.start("orders", order("other", 1), {.id = run_id{"r3"}}));
    check(e);
    CHECK(e.get(run_id{"r2"})->summary.attributes.values ==
          attribute_map{{"customer", "acme"}, {"team", "blue"}, {"total", 99.0}});
  }
  engine e{folder.used()};
  REQUIRE(e.open());
  check(e);
  REQUIRE(e.signal(run_id{"r1"}, "go", {{"customer", "new"}, {"total", "none"}}));
  const auto changed = e.wait(run_id{"r1"}, 10s);
  REQUIRE(changed);
  CHECK(changed->summary.attributes.values == attribute_map{{"customer", "new"}});
  CHECK(changed->summary.attributes.problems.at("total") ==
        "the value must be a number, not a text");
  CHECK(runs_where(e, "attr.customer=acme") == run_ids{"r2"});
  CHECK(runs_where(e, "attr.customer=new status=completed") == run_ids{"r1"});
  REQUIRE(e.runs().remove(run_id{"r1"}));
  CHECK(runs_where(e, "attr.customer=new").empty());
}

TEST_CASE("wrong attributes of a start, and a repeated start with others, are refused",
          "[attributes]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(orders()));
  const auto refusal = [&](attribute_map attributes) {
    start_options how{.id = run_id{"r1"}};
    how.attributes = std::move(attributes);
    const auto started = e.start("orders", json::object(), how);
    return started ? std::string{"started"} : started.error().message;
  };
  CHECK(contains(refusal({{"team", 3.0}}), "the value must be a text, not a number"));
  CHECK(contains(refusal({{"customer", "x"}}), "the flow computes it"));
  CHECK(contains(refusal({{"a b", "x"}}), "the name of an attribute has 1 to 64 letters"));
  CHECK(contains(refusal({{"note", std::string(257, 'x')}}), "the maximum is 256"));
  CHECK(e.get(run_id{"r1"}).error().code == errc::not_found);
  CHECK(refusal({{"team", "blue"}}) == "started");
  CHECK(refusal({{"team", "blue"}}) == "started");  // the same start again
  CHECK(refusal({{"team", "red"}}) != "started");
  const auto wrong = e.runs().list({.where = "attr.team=5"});
  REQUIRE_FALSE(wrong);
  CHECK(contains(wrong.error().message, "attr.team is a text in the runs of this scope"));
}

TEST_CASE("a restart and a fork have the given attributes of their run, or their own",
          "[attributes]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(orders()));
  start_options how{.id = run_id{"r1"}};
  how.attributes = {{"team", "blue"}, {"free", true}};
  REQUIRE(e.start("orders", {{"order", {{"customer", "acme"}}}}, how));
  REQUIRE(e.signal(run_id{"r1"}, "go", {{"customer", "later"}}));
  REQUIRE(e.wait(run_id{"r1"}, 10s));
  REQUIRE(e.runs().restart(run_id{"r1"}, {.id = run_id{"r2"}}));
  CHECK(e.get(run_id{"r2"})->summary.attributes.values ==
        attribute_map{{"customer", "acme"}, {"free", true}, {"team", "blue"}});
  start_options own{.id = run_id{"r3"}};
  own.attributes = {{"team", "red"}};
  REQUIRE(e.runs().restart(run_id{"r1"}, own));
  CHECK(e.get(run_id{"r3"})->summary.attributes.values ==
        attribute_map{{"customer", "acme"}, {"team", "red"}});
}

TEST_CASE("errors are grouped with the filter of a list that is sorted by an attribute",
          "[attributes]") {
  const data_folder folder;
  engine e{folder.used()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("failing", "core.fail", {{"args", {{"message", "no"}}}})));
  REQUIRE(e.start_and_wait("failing", {}, 30s));
  run_filter filter;
  filter.order = run_order::by_attribute;
  filter.order_by = "customer";
  const auto errors = scope_errors{e.scope()}.read(filter);
  REQUIRE(errors);
  CHECK(errors->runs == 1);
}
