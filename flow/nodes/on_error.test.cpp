// Edges that are taken when a step fails.

#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

/// A task with on_error edges to "helped", one for each of the given classes.
json caught(std::vector<json> classes, json more = json::object()) {
  std::vector<json> nodes{start(), task("a", std::move(more)), end("done")};
  std::vector<json> edges{edge("start", "a"), edge("a", "done")};
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const std::string id = "helped" + std::to_string(i);
    nodes.push_back(task(id));
    edges.push_back(edge_on("on_error", "a", id, classes[i]));
  }
  return flow_of(std::move(nodes), std::move(edges));
}

lines errors_of_edge(json made) {
  return errors_of(flow_of({start(), task("a"), task("b")},
                           {edge("start", "a"), edge("a", "b"), std::move(made)}));
}

}  // namespace

TEST_CASE("the settings of an on_error edge are checked", "[on-error][validation]") {
  const auto with = [](json classes) {
    return errors_of_edge(edge_on("on_error", "a", "b", std::move(classes)));
  };
  for (const json& bad :
       {json(7), json(""), json::array(), json::array({1}), json::array({""}), json::object()})
    CHECK(with(bad) == lines{"/edges/2/data/on_error wrong_type"});
  for (const json& good : {json(true), json("busy"), json{"busy", "broken"}})
    CHECK(with(good) == lines{});
  json made = edge_on("on_timeout", "a", "b");
  made["data"]["when"] = var("x");
  CHECK(mentions(errors_of_edge(made).front(), "/edges/2/data"));
  made = edge_on("on_error", "a", "b");
  made["data"]["when"] = {{"a", 1}, {"b", 2}};
  CHECK(errors_of_edge(made) == lines{"/edges/2/data/when not_a_rule"});
  made = edge("a", "b", var("x"));
  made["data"]["into"] = "e";
  CHECK(errors_of_edge(made) == lines{"/edges/2/data/into contradiction"});
  made = edge_on("on_error", "a", "b");
  made["data"]["into"] = nullptr;
  CHECK(errors_of_edge(made) == lines{"/edges/2/data/into wrong_type"});
  CHECK(errors_of_edge(edge_on("on_error", "start", "b")) ==
        lines{"/edges/2/data/on_error never_taken"});
  CHECK(errors_of_edge(edge_on("on_timeout", "a", "b")) ==
        lines{"/edges/2/data/on_timeout never_taken"});
  CHECK(errors_of_edge(edge_on("on_timeout", "a", "b", 1)) ==
        lines{"/edges/2/data/on_timeout wrong_type"});
  CHECK(errors_of_edge(edge_on("each", "a", "b")) == lines{"/edges/2/data/each never_taken"});
}

TEST_CASE("on_error edges are kept in the canonical form", "[on-error]") {
  json flow = caught({true, "busy", {"x", "y"}});
  flow["edges"].back()["data"]["into"] = "why";
  std::vector<diagnostic> diagnostics;
  const auto read = parse_definition(flow, diagnostics);
  CHECK(diagnostics.empty());
  CHECK(read.edges[3].on_error == lines{"busy"});
  CHECK(read.edges[4].into == "why");
  CHECK(to_json(parse_definition(to_json(read), diagnostics)) == to_json(read));
}

TEST_CASE("a failed step follows its on_error edge with the error in the data", "[on-error]") {
  driven_run run{caught({true})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", fail("card_declined", "no money")));
  CHECK(run.status() == run_status::running);
  CHECK(run.waiting_at() == lines{"helped0"});
  CHECK(
      run.data() ==
      json{{"error",
            {{"type", "card_declined"}, {"message", "no money"}, {"node", "a"}, {"attempt", 1}}}});
  CHECK(run.story("step_failed").size() == 1);
  CHECK(run.last().change.events[1].detail == json{{"to", "helped0"}, {"why", "error"}});
  REQUIRE(run.finish("helped0"));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("the first on_error edge that matches the class is taken", "[on-error]") {
  const json flow = caught({"card_declined", {"busy", "timed_out"}, true});
  const auto helper = [&](result<json> outcome) {
    driven_run run{flow};
    REQUIRE(run.begin());
    REQUIRE(run.finish("a", std::move(outcome)));
    return run.waiting_at();
  };
  CHECK(helper(fail("card_declined", "")) == lines{"helped0"});
  CHECK(helper(fail("busy", "")) == lines{"helped1"});
  CHECK(helper(error{errc::timed_out, "it took too long"}) == lines{"helped1"});
  CHECK(helper(fail("else", "")) == lines{"helped2"});
  CHECK(helper(json::object()) == lines{});
}

TEST_CASE("an error that no edge matches fails the run", "[on-error][retry]") {
  driven_run run{caught({"card_declined"})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", fail("busy", "")));
  CHECK(run.status() == run_status::failed);
  CHECK(run.data() == json::object());
  REQUIRE(run.apply(retry_command{}));
  REQUIRE(run.finish("a", fail("card_declined", "")));
  CHECK(run.waiting_at() == lines{"helped0"});
  CHECK(run.data().at("error").at("attempt") == 2);
}

TEST_CASE("into of an on_error edge selects the key of the error", "[on-error]") {
  json flow = caught({true});
  flow["edges"].back()["data"]["into"] = "why";
  driven_run run{flow};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", fail("busy", "")));
  CHECK(run.data().at("why").at("type") == "busy");
  CHECK_FALSE(run.data().contains("error"));
}

TEST_CASE("an error is caught only after the last attempt", "[on-error][retry-policy]") {
  driven_run run{caught({true}, {{"retry", {{"max_attempts", 2}}}})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", fail("busy", "")));
  CHECK(run.calls().empty());
  REQUIRE(run.fire_timer());
  REQUIRE(run.finish("a", fail("busy", "")));
  CHECK(run.waiting_at() == lines{"helped0"});
  CHECK(run.data().at("error").at("attempt") == 2);
}

TEST_CASE("the error of a branch is only in that branch", "[on-error][fork]") {
  driven_run run{flow_of({start(), task("a"), task("b"), task("help_a"), task("help_b")},
                         {edge("start", "a"), edge("start", "b"),
                          edge_on("on_error", "a", "help_a"), edge_on("on_error", "b", "help_b")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", fail("of_a", "")));
  REQUIRE(run.finish("b", fail("of_b", "")));
  CHECK(run.call_of("help_a")->state.whole().at("error").at("type") == "of_a");
  CHECK(run.call_of("help_b")->state.whole().at("error").at("type") == "of_b");
}

TEST_CASE("nodes of other types can have on_error edges", "[on-error]") {
  const json no_rule{{"*", json::array()}};
  for (const json& broken :
       {condition("x", no_rule), node_of("x", "set", {{"values", {{"k", no_rule}}}}),
        task("x", {{"with", {{"k", no_rule}}}}), node_of("x", "wait", {{"duration", var("no")}}),
        node_of("x", "interrupt", {{"question", no_rule}}),
        node_of("x", "signal", {{"name", "s"}, {"timeout", no_rule}})}) {
    CAPTURE(broken.dump());
    json flow = flow_of({start(), broken, task("help")},
                        {edge("start", "x"), edge_on("on_error", "x", "help")});
    driven_run run{flow};
    REQUIRE(run.begin());
    CHECK(run.waiting_at() == lines{"help"});
    CHECK(run.data().at("error").at("node") == "x");
    CHECK(broken_invariant(run.state()) == "");
  }
}

TEST_CASE("a time-out without an on_timeout edge is an ordinary error", "[on-error][wait]") {
  driven_run run{
      flow_of({start(), node_of("w", "signal", {{"name", "s"}, {"timeout", 1}}), task("help")},
              {edge("start", "w"), edge_on("on_error", "w", "help", "timed_out")})};
  REQUIRE(run.begin());
  REQUIRE(run.fire_timer());
  CHECK(run.waiting_at() == lines{"help"});
}

TEST_CASE("a loop of errors ends at the limit of visits", "[on-error][loops]") {
  driven_run run{flow_of({start(), task("a", {{"max_visits", 3}})},
                         {edge("start", "a"), edge_on("on_error", "a", "a")})};
  REQUIRE(run.begin());
  for (int visit = 1; visit <= 3; ++visit) REQUIRE(run.finish("a", fail("busy", "")));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "visit_limit");
  CHECK(run.state().visits[1] == 3);
}

TEST_CASE("a loop of errors without waits does not starve other runs", "[on-error][loops]") {
  driven_run run{flow_of({start(), condition("a", {{"*", json::array()}})},
                         {edge("start", "a"), edge_on("on_error", "a", "a")})};
  REQUIRE(run.begin());
  CHECK(run.advance_due());
  run.settle();
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "visit_limit");
}

TEST_CASE("a failing rule of an edge does not fail the step", "[on-error][edges]") {
  driven_run run{flow_of({start(), task("a"), task("b"), task("help")},
                         {edge("start", "a"), edge("a", "b", {{"*", json::array()}}),
                          edge_on("on_error", "a", "help")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::failed);
}

namespace {

/// A task with on_error edges that have rules, and one without.
json caught_by_rules() {
  json refused = edge_on("on_error", "a", "refused", "http_status");
  refused["data"]["when"] = {{"<", {var("error.details.status"), 500}}};
  json many = edge_on("on_error", "a", "many");
  many["data"]["when"] = {{">", {var("n"), 10}}};
  many["data"]["into"] = "why";
  return flow_of({start(), task("a"), task("refused"), task("many")},
                 {edge("start", "a"), std::move(refused), std::move(many)});
}

error status_error(int status) {
  return fail("http_status", "no", {{"status", status}, {"json", {{"code", "declined"}}}});
}

}  // namespace

TEST_CASE("the rule of an on_error edge reads the error and the data", "[on-error]") {
  const auto next = [](const error& why, int n) {
    driven_run run{caught_by_rules()};
    REQUIRE(run.begin({{"n", n}}));
    REQUIRE(run.finish("a", why));
    CHECK(survives_restart(run));
    return run.status() == run_status::running ? run.waiting_at().front() : run.state().error->type;
  };
  CHECK(next(status_error(402), 0) == "refused");
  CHECK(next(status_error(402), 11) == "refused");
  CHECK(next(status_error(503), 11) == "many");
  CHECK(next(status_error(503), 0) == "http_status");
  CHECK(next(fail("busy", "no"), 11) == "many");
}

TEST_CASE("the details of an error are kept with it, unless they are large", "[on-error]") {
  driven_run run{caught({true})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", status_error(402)));
  CHECK(run.data().at("error").at("details") ==
        json{{"status", 402}, {"json", {{"code", "declined"}}}});
  driven_run large{caught({true})};
  REQUIRE(large.begin());
  REQUIRE(large.finish("a", fail("big", "no", std::string(max_error_details_bytes, 'x'))));
  CHECK(large.data().at("error").at("type") == "big");
  CHECK_FALSE(large.data().at("error").contains("details"));
}

TEST_CASE("a failing rule of an on_error edge fails the run", "[on-error]") {
  json flow = caught({true});
  flow["edges"].back()["data"]["when"] = {{"/", {1, var("error.details.zero")}}};
  driven_run run{flow};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", fail("busy", "no", {{"zero", 0}})));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "NaN");
  CHECK(run.state().error->node == "a");
  CHECK(survives_restart(run));
}

TEST_CASE("the rule of a map's on_error edge decides about the failure of an item", "[on-error]") {
  json edge_of_map = edge_on("on_error", "m", "sorry");
  edge_of_map["data"]["when"] = {{"==", {var("error.details.status"), 503}}};
  const json flow =
      flow_of({start(), node_of("m", "map", {{"items", {1, 2}}}), task("x"), task("sorry")},
              {edge("start", "m"), edge_on("each", "m", "x"), edge_of_map});
  driven_run run{flow};
  REQUIRE(run.begin());
  REQUIRE(run.finish("x", status_error(503)));
  CHECK(run.waiting_at() == lines{"sorry"});
  driven_run other{flow};
  REQUIRE(other.begin());
  REQUIRE(other.finish("x", status_error(402)));
  CHECK(other.status() == run_status::failed);
  json broken = flow;
  broken["edges"].back()["data"]["when"] = {{"/", {1, 0}}};
  driven_run last{broken};
  REQUIRE(last.begin());
  REQUIRE(last.finish("x", status_error(503)));
  CHECK(last.status() == run_status::failed);
  CHECK(last.state().error->node == "m");
}
