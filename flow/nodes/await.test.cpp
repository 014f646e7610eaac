// Waiting for the first of several events.

#include <pawl/time.hpp>

#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;
using namespace std::chrono_literals;

json await_for(json events, json more = json::object()) {
  more["for"] = std::move(events);
  return node_of("w", "await", std::move(more));
}

signal_command signalled(std::string type, json payload = nullptr) {
  return {std::move(type), std::move(payload), ""};
}

resume_command replying(json answer) {
  return {std::nullopt, "", json::object(), "", std::move(answer)};
}

/// Waits for "paid" and "cancelled", each with an edge of its own, or an hour.
json order() {
  return flow_of({start(),
                  await_for({{{"signal", "paid"}, {"into", "payment"}}, {{"signal", "cancelled"}}},
                            {{"timeout", "1h"}}),
                  task("ship"), task("refund"), task("remind")},
                 {edge("start", "w"), edge_on("on", "w", "ship", "paid"),
                  edge_on("on", "w", "refund", "cancelled"), edge_on("on_timeout", "w", "remind")});
}

json approval() {
  return flow_of(
      {start(),
       await_for({{{"answer", "May I?"}, {"into", "reply"}, {"schema", {{"type", "boolean"}}}},
                  {{"signal", "withdrawn"}}}),
       task("go"), task("stop")},
      {edge("start", "w"), edge("w", "go"), edge_on("on", "w", "stop", "withdrawn")});
}

}  // namespace

TEST_CASE("the events of an await node are checked", "[await][validation]") {
  const auto with = [](json events) { return errors_of(chain({start(), await_for(events)})); };
  const std::string at = "/nodes/1/data/for";
  CHECK(errors_of(chain({start(), node_of("w", "await")})) == lines{at + " out_of_range"});
  CHECK(with(7) == lines{at + " wrong_type", at + " out_of_range"});
  CHECK(with(json::array()) == lines{at + " out_of_range"});
  CHECK(with({json::object()}) == lines{at + "/0/signal contradiction"});
  CHECK(with({{{"signal", "a"}, {"answer", "?"}}}) == lines{at + "/0/signal contradiction"});
  CHECK(with({{{"signal", "a\nb"}}}) == lines{at + "/0/signal bad_signal_name"});
  CHECK(with({{{"signal", "a"}, {"wehn", true}}}) == lines{at + "/0/wehn unknown_key"});
  CHECK(with({{{"signal", "a"}}, {{"signal", "a"}}}) == lines{at + "/1/as contradiction"});
  CHECK(with({{{"answer", 1}}, {{"answer", 2}, {"as", "b"}}}) ==
        lines{at + "/1/answer contradiction"});
  CHECK(with({{{"answer", 1}, {"when", true}}}) == lines{at + "/0/when contradiction"});
  CHECK(with({{{"signal", "a"}, {"schema", true}}}) == lines{at + "/0/schema contradiction"});
  CHECK(with({{{"signal", "a"}}, {{"signal", "a"}, {"as", "b"}}, {{"answer", 1}}}) == lines{});
  CHECK(errors_of(
            chain({start(), await_for({{{"signal", "a"}}},
                                      {{"timeout", "1h"}, {"until", "2030-01-01T00:00:00Z"}})})) ==
        lines{"/nodes/1/data/until contradiction"});
}

TEST_CASE("the edges of events are checked", "[await][validation]") {
  const auto with = [](json made) {
    json flow = order();
    flow["edges"].push_back(std::move(made));
    return errors_of(flow);
  };
  CHECK(with(edge_on("on", "w", "ship", "payd")) == lines{"/edges/4/data/on never_taken"});
  CHECK(with(edge_on("on", "w", "ship", "paid")) == lines{"/edges/4/data/on duplicate_edge"});
  CHECK(with(edge_on("on", "ship", "refund", "paid")) == lines{"/edges/4/data/on never_taken"});
  CHECK(with(edge_on("on", "w", "ship", 7)) == lines{"/edges/4/data/on wrong_type"});
  json both = edge_on("on", "w", "ship", "paid");
  both["data"]["when"] = var("x");
  CHECK(mentions(with(both).front(), "/edges/4/data contradiction"));
  const auto made = compile(order(), test_version, {});
  CHECK(codes(made.diagnostics) == lines{});
  CHECK(to_json(made.source).at("edges") == order().at("edges"));
}

TEST_CASE("the first of several signals decides", "[await]") {
  driven_run run{order()};
  REQUIRE(run.begin());
  CHECK(is_parked(run.state()));
  CHECK(survives_restart(run));
  REQUIRE(run.apply(signalled("cancelled", {{"by", "ada"}})));
  CHECK(run.waiting_at() == lines{"refund"});
  CHECK(run.data() == json{{"by", "ada"}});
  CHECK_FALSE(next_timer(run.state()).has_value());
  CHECK(run.story("edge_taken").back() == "edge_taken w 1.1");
  // A later one stays for others.
  REQUIRE(run.apply(signalled("paid", 5)));
  CHECK(run.state().inbox.size() == 1);
}

TEST_CASE("of signals that have arrived already, the oldest decides", "[await]") {
  json flow = order();
  flow["nodes"].push_back(task("first"));
  flow["edges"][0] = edge("start", "first");
  flow["edges"].push_back(edge("first", "w"));
  driven_run run{flow};
  REQUIRE(run.begin());
  REQUIRE(run.apply(signalled("cancelled")));
  REQUIRE(run.apply(signalled("paid", 5)));
  REQUIRE(run.finish("first"));
  CHECK(run.waiting_at() == lines{"refund"});
  CHECK(run.state().inbox.size() == 1);
}

TEST_CASE("an await node times out after a duration or at a time", "[await]") {
  driven_run run{order()};
  REQUIRE(run.begin());
  REQUIRE(run.fire_timer());
  CHECK(run.waiting_at() == lines{"remind"});
  json flow = order();
  flow["nodes"][1]["data"].erase("timeout");
  flow["nodes"][1]["data"]["until"] = var("due");
  driven_run by_date{flow};
  REQUIRE(by_date.begin({{"due", "2100-01-01T00:00:00Z"}}));
  CHECK(to_rfc3339(*next_timer(by_date.state())) == "2100-01-01T00:00:00.000Z");
  REQUIRE(by_date.fire_timer());
  CHECK(by_date.waiting_at() == lines{"remind"});
  driven_run wrong{flow};
  REQUIRE(wrong.begin({{"due", "soon"}}));
  CHECK(wrong.status() == run_status::failed);
  flow["edges"].erase(3);
  flow["nodes"].erase(4);
  driven_run without_edge{flow};
  REQUIRE(without_edge.begin({{"due", 0}}));
  REQUIRE(without_edge.fire_timer());
  CHECK(without_edge.state().error->type == "timed_out");
}

TEST_CASE("a signal that does not fit stays in the inbox", "[await]") {
  driven_run run{chain({await_for({{{"signal", "paid"},
                                    {"when", {{"==", {var("result.order"), var("id")}}}},
                                    {"result", {{"amount", var("result.amount")}}}}}),
                        task("a")})};
  REQUIRE(run.begin({{"id", 7}}));
  REQUIRE(run.apply(signalled("paid", {{"order", 8}, {"amount", 1}})));
  CHECK(is_parked(run.state()));
  CHECK(run.state().inbox.size() == 1);
  REQUIRE(run.apply(signalled("paid", {{"order", 7}, {"amount", 2}})));
  CHECK(run.data() == json{{"id", 7}, {"amount", 2}});
  CHECK(run.state().inbox.size() == 1);
  CHECK(survives_restart(run));
}

TEST_CASE("each of several branches takes the signal that fits it", "[await]") {
  const json wait = await_for({{{"signal", "paid"},
                                {"when", {{"==", {var("result.id"), var("item")}}}},
                                {"result", var("result.amount")},
                                {"into", "amount"}}});
  driven_run run{
      flow_of({node_of("m", "map", {{"items", {1, 2, 3}}, {"result", var("amount")}}), wait},
              {edge_on("each", "m", "w")})};
  REQUIRE(run.begin());
  for (const int id : {3, 1, 2})
    REQUIRE(run.apply(signalled("paid", {{"id", id}, {"amount", id * 10}})));
  REQUIRE(run.status() == run_status::completed);
  CHECK(run.data().at("results") == json{10, 20, 30});
}

TEST_CASE("a signal for which the rule of an event fails does not fit", "[await]") {
  driven_run run{
      chain({await_for({{{"signal", "s"}, {"when", {{"/", {1, var("result")}}}}}}), task("a")})};
  REQUIRE(run.begin());
  REQUIRE(run.apply(signalled("s", 0)));
  REQUIRE(run.apply(signalled("s", "text")));
  CHECK(is_parked(run.state()));
  REQUIRE(run.apply(signalled("s", 1)));
  CHECK(run.waiting_at() == lines{"a"});
  CHECK(run.state().inbox.size() == 2);
}

TEST_CASE("an answer and a signal race", "[await]") {
  driven_run answered{approval()};
  REQUIRE(answered.begin());
  CHECK(answered.status() == run_status::paused);
  CHECK(survives_restart(answered));
  CHECK_FALSE(answered.apply(replying("maybe")));  // not what the schema says
  REQUIRE(answered.apply(replying(true)));
  CHECK(answered.waiting_at() == lines{"go"});
  CHECK(answered.data().at("reply") == true);

  driven_run withdrawn{approval()};
  REQUIRE(withdrawn.begin());
  REQUIRE(withdrawn.apply(signalled("other")));
  CHECK(withdrawn.status() == run_status::paused);
  REQUIRE(withdrawn.apply(signalled("withdrawn", {{"why", "late"}})));
  CHECK(withdrawn.status() == run_status::running);
  CHECK(withdrawn.waiting_at() == lines{"stop"});
  CHECK(survives_restart(withdrawn));
  CHECK_FALSE(withdrawn.apply(replying(true)));
}

TEST_CASE("a paused run keeps the signals of its events until it is resumed", "[await]") {
  driven_run run{order()};
  REQUIRE(run.begin());
  REQUIRE(run.apply(pause_command{}));
  REQUIRE(run.apply(signalled("paid", 5)));
  CHECK(run.status() == run_status::paused);
  CHECK(run.state().inbox.size() == 1);
  REQUIRE(run.apply(resume_command{}));
  CHECK(run.waiting_at() == lines{"ship"});
  CHECK(run.data().at("payment") == 5);
}
