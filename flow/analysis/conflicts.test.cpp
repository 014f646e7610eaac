// Branches that surely write the same key.

#include "flow/testing/flows.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

json request(std::string id, json more = json::object()) {
  more["url"] = "https://api.example/";
  return node_of(std::move(id), "http", std::move(more));
}

json setting(std::string id, json values) {
  return node_of(std::move(id), "set", {{"values", std::move(values)}});
}

/// A fork into two nodes, "a" and "b", which meet at the join "j".
json two_ways(json a, json b, json join = json::object()) {
  return flow_of({start(), std::move(a), std::move(b), node_of("j", "join", std::move(join))},
                 {edge("start", "a"), edge("start", "b"), edge("a", "j"), edge("b", "j")});
}

const lines warned_at_b{"/nodes/2 conflicting_writes"};

}  // namespace

TEST_CASE("branches that write the same key cause a warning", "[soundness][fork]") {
  CHECK(warnings_of(two_ways(request("a"), request("b"))) == warned_at_b);
  CHECK(warnings_of(two_ways(request("a"), request("b", {{"into", "other"}}))) == lines{});
  CHECK(warnings_of(two_ways(task("a", {{"into", "x"}}), task("b", {{"into", "x"}}))) ==
        warned_at_b);
  CHECK(warnings_of(two_ways(task("a"), task("b"))) == lines{});  // they may write anything
  CHECK(warnings_of(two_ways(setting("a", {{"x", 1}}), setting("b", {{"x", 2}, {"y", 1}}))) ==
        warned_at_b);
  CHECK(warnings_of(two_ways(setting("a", {{"x", 1}}), setting("b", {{"x", 1}}))) == lines{});
  CHECK(warnings_of(two_ways(setting("a", {{"x", var("n")}}), setting("b", {{"x", 1}}))) ==
        warned_at_b);
  CHECK(message_of(two_ways(request("a"), request("b")), "conflicting_writes") ==
        "the nodes \"a\" and \"b\", on branches of \"start\", both write \"response\": different "
        "values fail the merge; let one of them write another key, for example by \"into\", or set "
        "the \"merge\" of a join");
}

TEST_CASE("what each event of an await writes counts, and the results of maps",
          "[soundness][fork][await]") {
  const auto awaiting = [](json events) {
    return node_of("a", "await", {{"for", std::move(events)}});
  };
  const json x{{"signal", "x"}, {"into", "k"}};
  const json y{{"signal", "y"}, {"into", "k"}};
  const json other{{"signal", "y"}, {"into", "other"}};
  CHECK(warnings_of(two_ways(awaiting({x, y}), setting("b", {{"k", 1}}))) == warned_at_b);
  CHECK(warnings_of(two_ways(awaiting({x, other}), setting("b", {{"k", 1}}))) == lines{});
  CHECK(warnings_of(two_ways(awaiting({x, {{"signal", "y"}}}), setting("b", {{"k", 1}}))) ==
        lines{});
}

TEST_CASE("a join that takes different values, or not all branches, causes no warning",
          "[soundness][fork]") {
  for (const char* const policy : {"first", "last", "collect"})
    CHECK(warnings_of(two_ways(request("a"), request("b"), {{"merge", policy}})) == lines{});
  CHECK(warnings_of(two_ways(request("a"), request("b"), {{"wait_for", "any"}})) == lines{});
}

TEST_CASE("only what a branch surely writes counts", "[soundness][fork]") {
  const auto after_a_condition = [](bool sure) {
    std::vector<json> edges{edge("start", "c"), edge("start", "b"), edge("a", "j"), edge("b", "j")};
    edges.push_back(sure ? edge("c", "a") : edge("c", "a", var("x")));
    return warnings_of(flow_of({start(), node_of("c", "set", {{"values", {{"q", 1}}}}),
                                request("a"), request("b"), node_of("j", "join")},
                               edges));
  };
  CHECK(after_a_condition(true) == lines{"/nodes/3 conflicting_writes"});
  CHECK(after_a_condition(false) == lines{});
}

TEST_CASE("branches that end, and those of a loop, are checked, too", "[soundness][fork]") {
  CHECK(warnings_of(flow_of({start(), request("a"), request("b")},
                            {edge("start", "a"), edge("start", "b")})) == warned_at_b);
  CHECK(warnings_of(flow_of({start(), request("a"), request("b")},
                            {edge("start", "a"), edge("start", "b"), edge("a", "a", var("x"))})) ==
        warned_at_b);
}

TEST_CASE("branches whose errors go to the same key cause a warning", "[soundness][fork]") {
  const auto caught = [](const char* into_of_b, const char* type_of_handler, json join) {
    json to_y = edge_on("on_error", "b", "y");
    if (*into_of_b != '\0') to_y["data"]["into"] = into_of_b;
    json why = json::object();
    if (std::string_view{type_of_handler} == "fail") why = {{"error", "no"}, {"message", "no"}};
    return warnings_of(
        flow_of({start(), task("a"), task("b"), node_of("j", "join", std::move(join)),
                 node_of("x", "wait", {{"duration", "1s"}}),
                 node_of("y", type_of_handler,
                         *type_of_handler == 'w' ? json{{"duration", "1s"}} : std::move(why))},
                {edge("start", "a"), edge("start", "b"), edge("a", "j"), edge("b", "j"),
                 edge_on("on_error", "a", "x"), std::move(to_y), edge("x", "j")}));
  };
  CHECK(caught("", "wait", json::object()) == lines{"/nodes/2 conflicting_errors"});
  CHECK(caught("of_b", "wait", json::object()) == lines{});
  CHECK(caught("", "fail", json::object()) == lines{});
  CHECK(caught("", "wait", {{"merge", "first"}}) == lines{});
}
