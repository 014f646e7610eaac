// Loops that reach a limit of visits before the deadline around them.

#include "flow/testing/flows.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

/// A section with a deadline around a loop: ask, pause, and ask again until there is an answer.
json polling(json timeout, json wait, json ask = json::object(), json more = json::object()) {
  wait["max_visits"] = more.value("max_visits", json{});
  return flow_of(
      {start(), node_of("s", "section", {{"timeout", std::move(timeout)}}),
       task("ask", std::move(ask)), node_of("pause", "wait", std::move(wait)), end("got")},
      {edge("start", "s"), edge_on("body", "s", "ask"), edge("ask", "got", var("answer")),
       edge("ask", "pause"), edge("pause", "ask")});
}

const lines warned{"/nodes/3/data/duration visits_before_deadline"};

}  // namespace

TEST_CASE("a loop that reaches its limit before a deadline causes a warning", "[soundness]") {
  CHECK(warnings_of(polling("2d", {{"duration", "30s"}})) == warned);
  CHECK(warnings_of(polling("30000s", {{"duration", "30s"}})) == lines{});
  CHECK(warnings_of(polling("30030s", {{"duration", 30}})) == warned);
  CHECK(warnings_of(polling("2d", {{"duration", "5m"}})) == lines{});
  CHECK(message_of(polling("2d", {{"duration", "30s"}}), "visits_before_deadline") ==
        "the \"timeout\": \"2d\" of the section \"s\" has time for 5760 rounds of this loop, but "
        "\"ask\" is visited at most 1000 times: it fails with visit_limit before the deadline; "
        "raise \"max_visits\" of the nodes of the loop, or wait longer");
}

TEST_CASE("the limits of all nodes of a loop count", "[soundness]") {
  const json enough{{"max_visits", 6000}}, wait{{"duration", "30s"}};
  CHECK(warnings_of(polling("2d", wait, enough)) == warned);
  CHECK(mentions(message_of(polling("2d", wait, enough), "visits_before_deadline"), "\"pause\""));
  CHECK(warnings_of(polling("2d", wait, enough, enough)) == lines{});
}

TEST_CASE("the deadline of a flow counts, too", "[soundness]") {
  json flow = polling("3d", {{"duration", "30s"}});
  flow["timeout"] = "1d";
  CHECK(mentions(message_of(flow, "visits_before_deadline"),
                 "the \"timeout\": \"1d\" of the flow has time for 2880 rounds"));
}

TEST_CASE("a loop whose rounds take an unknown time causes no warning", "[soundness]") {
  CHECK(warnings_of(polling("2d", {{"duration", var("pause")}})) == lines{});
  CHECK(warnings_of(polling(var("limit"), {{"duration", "30s"}})) == lines{});
  json asks = polling("2d", {{"duration", "30s"}});
  asks["nodes"][2] = node_of("ask", "interrupt", {{"question", "?"}});
  CHECK(warnings_of(asks) == lines{});
  // Not each round passes the node with a low limit.
  json around =
      polling("2d", {{"duration", "30s"}}, {{"max_visits", 6000}}, {{"max_visits", 6000}});
  around["nodes"].push_back(task("now_and_then"));
  around["edges"].push_back(edge("pause", "now_and_then", var("now_and_then")));
  around["edges"].push_back(edge("now_and_then", "ask"));
  CHECK(warnings_of(around) == lines{});
}
