#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

json join(std::string id = "j", json data = json::object()) {
  return node_of(std::move(id), "join", std::move(data));
}

/// start forks to a, b and c, which join at j; then z.
json three_ways(json data = json::object()) {
  return flow_of({start(), task("a"), task("b"), task("c"), join("j", std::move(data)), task("z")},
                 {edge("start", "a"), edge("start", "b"), edge("start", "c"), edge("a", "j"),
                  edge("b", "j"), edge("c", "j"), edge("j", "z")});
}

/// Returns the data after the join when a, b and c have written these values.
json seen_behind(json data, const std::vector<std::pair<std::string, json>>& written) {
  driven_run run{three_ways(std::move(data))};
  REQUIRE(run.begin());
  for (const auto& [node, value] : written) REQUIRE(run.finish(node, value));
  REQUIRE(run.call_of("z") != nullptr);
  return run.call_of("z")->state.whole();
}

/// The branch of b forks to x and y, which join at "inner"; it joins a at "outer".
json two_joins() {
  return flow_of({start(), task("a"), task("b"), task("x"), task("y"), join("inner"), task("m"),
                  join("outer"), task("z")},
                 {edge("start", "a"), edge("start", "b"), edge("b", "x"), edge("b", "y"),
                  edge("x", "inner"), edge("y", "inner"), edge("inner", "m"), edge("m", "outer"),
                  edge("a", "outer"), edge("outer", "z")});
}

const error broken_branch = fail("broken", "it broke");

}  // namespace

TEST_CASE("the data of a join is checked", "[join][validation]") {
  const auto with = [](const char* key, json value) {
    return errors_of(three_ways({{key, std::move(value)}}));
  };
  const std::string at = "/nodes/4/data/";
  for (const json& bad : {json(0), json(-1), json(1.5), json("most"), json(true), json(100'001)})
    CHECK(with("wait_for", bad) == lines{at + "wait_for out_of_range"});
  for (const json& bad : {json("latest"), json(1), json(true)})
    CHECK(with("merge", bad) == lines{at + "merge out_of_range"});
  for (const json& good : {json("all"), json("any"), json(2)})
    CHECK(with("wait_for", good) == lines{});
  for (const json& good : {json("error"), json("first"), json("last"), json("collect")})
    CHECK(with("merge", good) == lines{});
  json flow = three_ways();
  flow["edges"].push_back(edge_on("on_error", "j", "z"));
  CHECK(errors_of(flow) == lines{"/edges/7/data/on_error never_taken"});
}

TEST_CASE("a join without a fork causes a warning and passes every token on",
          "[join][validation]") {
  const json flow = chain({start(), join(), task("z")});
  CHECK(warnings_of(flow) == lines{"/nodes/1 unmatched_join"});
  driven_run run{flow};
  REQUIRE(run.begin());
  CHECK(run.waiting_at() == lines{"z"});
  CHECK(run.story("branch").empty());
}

TEST_CASE("a join waits for all branches, then one continues", "[join]") {
  driven_run run{three_ways()};
  REQUIRE(run.begin());
  REQUIRE(run.finish("b", json{{"b", 1}}));
  REQUIRE(run.finish("a", json{{"a", 1}}));
  CHECK(run.waiting_at() == lines{"c"});
  CHECK(survives_restart(run));
  REQUIRE(run.finish("c", json{{"c", 1}}));
  CHECK(run.waiting_at() == lines{"z"});
  CHECK(run.state().tokens.size() == 1);
  CHECK(run.data() == json{{"a", 1}, {"b", 1}, {"c", 1}});  // on the trunk again
  CHECK(run.story("branch_arrived") ==
        lines{"branch_arrived j 1.1", "branch_arrived j 2.1", "branch_arrived j 3.1"});
  CHECK(run.story("branches_joined").size() == 1);
  REQUIRE(run.finish("z"));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("a join counts branches that ended elsewhere and merges their data", "[join]") {
  driven_run run{flow_of({start(), task("a"), task("b"), join(), task("z")},
                         {edge("start", "a"), edge("start", "b"), edge("a", "j"),
                          edge("b", "j", var("go")), edge("j", "z")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"a", 1}}));
  REQUIRE(run.finish("b", json{{"b", 1}}));  // its rule is not true: the branch ends
  CHECK(run.waiting_at() == lines{"z"});
  CHECK(run.data() == json{{"a", 1}, {"b", 1}});
}

TEST_CASE("a join is not entered if all branches end before it", "[join]") {
  driven_run run{flow_of({start(), task("a"), task("b"), join(), task("z")},
                         {edge("start", "a"), edge("start", "b"), edge("a", "j", var("go")),
                          edge("b", "j", var("go")), edge("j", "z")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("b"));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("a join for any continues with the first branch and drops the others", "[join]") {
  driven_run run{three_ways({{"wait_for", "any"}})};
  REQUIRE(run.begin());
  const token_id a = run.call_of("a")->token, c = run.call_of("c")->token;
  REQUIRE(run.finish("b", json{{"b", 1}}));
  CHECK(run.waiting_at() == lines{"z"});
  CHECK(run.data() == json{{"b", 1}});
  CHECK(run.story("branch_dropped") == lines{"branch_dropped a 1.1", "branch_dropped c 1.1"});
  std::vector<token_id> abandoned;
  for (const auto& e : run.last().effects)
    if (const auto* const gone = std::get_if<abandon_effect>(&e)) abandoned.push_back(gone->token);
  CHECK(abandoned == std::vector<token_id>{a, c});
  CHECK_FALSE(run.apply(step_outcome_command{a, "a", 1, 1, json{{"a", 1}}, {}, {}}));
  CHECK(broken_invariant(run.state()) == "");
}

TEST_CASE("a join for any drops branches that sleep, ask or wait for a retry", "[join]") {
  driven_run run{
      flow_of({start(), task("a"), node_of("w", "wait", {{"duration", "1h"}}),
               node_of("q", "interrupt", {{"question", 1}}), task("r", {{"retry", json::object()}}),
               join("j", {{"wait_for", "any"}}), task("z")},
              {edge("start", "a"), edge("start", "w"), edge("start", "q"), edge("start", "r"),
               edge("a", "j"), edge("w", "j"), edge("q", "j"), edge("r", "j"), edge("j", "z")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("r", broken_branch));
  REQUIRE(run.finish("a"));
  CHECK(run.waiting_at() == lines{"z"});
  CHECK(next_timer(run.state()) == std::nullopt);
  CHECK_FALSE(run.apply(resume_command{std::nullopt, "", json::object(), "q#1.1", json(1)}));
}

TEST_CASE("a join for N continues when N branches have arrived", "[join]") {
  driven_run run{three_ways({{"wait_for", 2}})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("c", json{{"c", 1}}));
  CHECK(run.waiting_at() == lines{"a", "b"});
  REQUIRE(run.finish("a", json{{"a", 1}}));
  CHECK(run.waiting_at() == lines{"z"});
  CHECK(run.data() == json{{"a", 1}, {"c", 1}});
}

TEST_CASE("of branches that arrive in one transition only the needed ones count", "[join]") {
  const auto put = [](std::string id) { return node_of(id, "set", {{"values", {{id, 1}}}}); };
  driven_run run{flow_of({start(), put("a"), put("b"), put("c"), join("j", {{"wait_for", 2}})},
                         {edge("start", "a"), edge("start", "b"), edge("start", "c"),
                          edge("a", "j"), edge("b", "j"), edge("c", "j")})};
  REQUIRE(run.begin());
  CHECK(run.data() == json{{"a", 1}, {"b", 1}});  // in edge order
}

TEST_CASE("a join that too few branches can reach fails the run", "[join][retry]") {
  driven_run run{flow_of({start(), task("a"), task("b"), join("j", {{"wait_for", 2}}), task("z")},
                         {edge("start", "a"), edge("start", "b"), edge("a", "j"),
                          edge("b", "j", var("go")), edge("j", "z")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("b"));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "join_unsatisfied");
  CHECK(mentions(run.state().error->message, "needs 2 branches, but only 1 can arrive"));
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.state().error->type == "join_unsatisfied");
  CHECK(run.story("step_started").size() == 2);
}

TEST_CASE("a branch that has ended elsewhere loses where a number of branches is needed",
          "[join]") {
  for (const bool keeps : {false, true}) {
    json data{{"wait_for", 2}};
    if (keeps) data["losers"] = "keep";
    driven_run run{flow_of({start(), task("a"), task("b"), task("c"), join("j", data)},
                           {edge("start", "a"), edge("start", "b"), edge("start", "c"),
                            edge("a", "j"), edge("b", "j", var("go")), edge("c", "j")})};
    REQUIRE(run.begin());
    for (const char* const step : {"a", "b", "c"}) REQUIRE(run.finish(step, json{{step, 1}}));
    CHECK(run.status() == run_status::completed);
    CHECK(run.data() == (keeps ? json{{"a", 1}, {"b", 1}, {"c", 1}} : json{{"a", 1}, {"c", 1}}));
  }
}

TEST_CASE("a section takes it that too few branches can reach a join", "[join][section]") {
  driven_run run{flow_of(
      {start(), node_of("s", "section", json::object()), node_of("fork", "parallel"), task("a"),
       task("b"), task("c"), end("none"), join("j", {{"wait_for", 2}}), task("too_few")},
      {edge("start", "s"), edge_on("body", "s", "fork"),
       edge_on("on_error", "s", "too_few", "join_unsatisfied"), edge("fork", "a"),
       edge("fork", "b"), edge("fork", "c"), edge("a", "j"), edge("b", "j"), edge("c", "j"),
       edge_on("on_error", "b", "none"), edge_on("on_error", "c", "none")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("b", broken_branch));
  CHECK(run.waiting_at() == lines{"c"});
  auto enough = run;
  REQUIRE(enough.finish("c"));
  CHECK(enough.status() == run_status::completed);
  REQUIRE(run.finish("c", broken_branch));
  CHECK(run.waiting_at() == lines{"too_few"});
  CHECK(run.data().at("error").at("node") == "j");
}

TEST_CASE("different values of one key are a merge conflict", "[join][merge]") {
  driven_run run{three_ways()};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"k", 1}}));
  REQUIRE(run.finish("b", json{{"k", 2}}));
  REQUIRE(run.finish("c"));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "merge_conflict");
  CHECK(run.state().error->node == "j");
  CHECK(mentions(run.state().error->message, "\"merge\""));
  CHECK(mentions(run.state().error->message,
                 "the branches that begin at \"a\" and \"b\" and meet at \"j\" wrote different "
                 "values to \"k\""));
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.status() == run_status::failed);
  CHECK(run.story("step_started").size() == 3);
}

TEST_CASE("the merge policy of a join resolves conflicting keys", "[join][merge]") {
  const auto merged = [](const char* policy) {
    return seen_behind({{"merge", policy}}, {{"c", {{"k", 3}, {"c", 0}}},
                                             {"a", {{"k", 1}, {"same", 5}}},
                                             {"b", {{"same", 5}, {"b", nullptr}}}});
  };
  CHECK(merged("first") == json{{"k", 1}, {"same", 5}, {"b", nullptr}, {"c", 0}});
  CHECK(merged("last") == json{{"k", 3}, {"same", 5}, {"b", nullptr}, {"c", 0}});
  CHECK(merged("collect") == json{{"k", {1, 3}}, {"same", {5, 5}}, {"b", nullptr}, {"c", 0}});
  CHECK(
      seen_behind(json::object(), {{"a", {{"k", 1}}}, {"b", {{"k", 1}}}, {"c", json::object()}}) ==
      json{{"k", 1}});
}

TEST_CASE("a join inside a branch continues that branch", "[join]") {
  driven_run run{two_joins()};
  REQUIRE(run.begin());
  REQUIRE(run.finish("b", json{{"b", 1}, {"k", 1}}));
  REQUIRE(run.finish("x", json{{"x", 1}}));
  REQUIRE(run.finish("y", json{{"k", 2}}));
  CHECK(run.waiting_at() == lines{"a", "m"});
  CHECK(run.call_of("m")->state.whole() == json{{"b", 1}, {"k", 2}, {"x", 1}});
  CHECK(run.call_of("a")->state.whole() == json::object());
  CHECK(survives_restart(run));
  REQUIRE(run.finish("m"));
  REQUIRE(run.finish("a", json{{"a", 1}}));
  CHECK(run.waiting_at() == lines{"z"});
  CHECK(run.data() == json{{"a", 1}, {"b", 1}, {"k", 2}, {"x", 1}});
}

TEST_CASE("data written before an inner fork still conflicts after its join", "[join][merge]") {
  driven_run run{two_joins()};
  REQUIRE(run.begin());
  REQUIRE(run.finish("b", json{{"k", 1}}));
  for (const char* node : {"x", "y", "m"}) REQUIRE(run.finish(node));
  REQUIRE(run.finish("a", json{{"k", 2}}));
  CHECK(run.state().error->type == "merge_conflict");
  CHECK(mentions(run.state().error->message, "begin at \"a\" and \"b\""));
}

TEST_CASE("a join closes the outermost fork whose branches reach it", "[join]") {
  driven_run run{flow_of({start(), task("a"), task("b"), task("x"), task("y"), join(), task("z")},
                         {edge("start", "a"), edge("start", "b"), edge("b", "x"), edge("b", "y"),
                          edge("a", "j"), edge("x", "j"), edge("y", "j"), edge("j", "z")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("b"));
  for (const char* node : {"x", "y"}) REQUIRE(run.finish(node, json{{node, 1}}));
  CHECK(run.waiting_at() == lines{"a"});
  REQUIRE(run.finish("a"));
  CHECK(run.waiting_at() == lines{"z"});
  CHECK(run.state().tokens.front().on_trunk());
  CHECK(run.data() == json{{"x", 1}, {"y", 1}});
}

TEST_CASE("a fork and its join work in every round of a loop", "[join][loops]") {
  driven_run run{flow_of({start(), task("f"), task("a"), task("b"), join(), task("z")},
                         {edge("start", "f"), edge("f", "a"), edge("f", "b"), edge("a", "j"),
                          edge("b", "j"), edge("j", "f", {{"<", {var("n"), 3}}}), edge("j", "z")})};
  REQUIRE(run.begin());
  for (int n = 1; n <= 3; ++n) {
    REQUIRE(run.finish("f", json{{"n", n}}));
    REQUIRE(run.finish("a"));
    REQUIRE(run.finish("b"));
    CHECK(run.state().tokens.size() == 1);
    CHECK(run.state().tokens.front().on_trunk());
  }
  CHECK(run.waiting_at() == lines{"z"});
}

TEST_CASE("joins that wait for each other fail the run", "[join]") {
  // a and b join at j, and the result joins c at k; but a, b and c have the same fork.
  driven_run run{flow_of({start(), task("a"), task("b"), task("c"), join("j"), join("k")},
                         {edge("start", "a"), edge("start", "b"), edge("start", "c"),
                          edge("a", "j"), edge("b", "j"), edge("j", "k"), edge("c", "k")})};
  REQUIRE(run.begin());
  for (const char* node : {"a", "b", "c"}) REQUIRE(run.finish(node));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "join_deadlock");
  CHECK(broken_invariant(run.state()) == "");
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.state().error->type == "join_deadlock");
}

TEST_CASE("a branch that fails before a join is retried alone", "[join][retry]") {
  driven_run run{three_ways()};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"a", 1}}));
  REQUIRE(run.finish("b", broken_branch));
  CHECK(run.status() == run_status::failed);
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.waiting_at() == lines{"b", "c"});
  REQUIRE(run.finish("b"));
  REQUIRE(run.finish("c"));
  CHECK(run.data() == json{{"a", 1}});
  CHECK(run.story("step_started a").size() == 1);
}

TEST_CASE("condition_result is kept after a join if all branches agree", "[join]") {
  for (const bool agree : {true, false}) {
    driven_run run{flow_of({start(), condition("p", var("x")), condition("q", var("y")), join(),
                            task("yes"), task("no")},
                           {edge("start", "p"), edge("start", "q"), edge("p", "j"), edge("q", "j"),
                            edge("j", "yes", var("condition_result")), edge("j", "no")})};
    REQUIRE(run.begin({{"x", true}, {"y", agree}}));
    CHECK(run.waiting_at() == lines{agree ? "yes" : "no"});
  }
}

TEST_CASE("a run is paused and cancelled while branches wait at a join", "[join][pause][cancel]") {
  driven_run run{three_ways()};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.apply(pause_command{}));
  REQUIRE(run.finish("b"));
  REQUIRE(run.finish("c"));
  CHECK(run.status() == run_status::paused);
  CHECK(survives_restart(run));
  REQUIRE(run.apply(resume_command{}));
  CHECK(run.waiting_at() == lines{"z"});
  REQUIRE(run.apply(cancel_command{}));
  CHECK(run.status() == run_status::cancelled);
}

TEST_CASE("a join for any can keep what the other branches have written", "[join]") {
  const json flow = flow_of({start(), task("a"), task("more"), task("b"),
                             join("j", {{"wait_for", "any"}, {"losers", "keep"}}), task("z")},
                            {edge("start", "a"), edge("a", "more"), edge("more", "j"),
                             edge("start", "b"), edge("b", "j"), edge("j", "z")});
  driven_run run{flow};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"a", 1}}));
  REQUIRE(run.finish("b", json{{"b", 2}}));
  CHECK(run.waiting_at() == lines{"z"});
  CHECK(run.data() == json{{"a", 1}, {"b", 2}});
  CHECK(run.story("branch_dropped") == lines{"branch_dropped more 1.1"});
  CHECK(survives_restart(run));
  driven_run conflicting{flow};
  REQUIRE(conflicting.begin());
  REQUIRE(conflicting.finish("a", json{{"same", 1}}));
  REQUIRE(conflicting.finish("b", json{{"same", 2}}));
  CHECK(conflicting.state().error->type == "merge_conflict");
}

TEST_CASE("only a join that drops branches has losers", "[join][validation]") {
  const auto with = [](json data) { return errors_of(three_ways(std::move(data))); };
  const std::string at = "/nodes/4/data/losers";
  CHECK(with({{"losers", "keep"}}) == lines{at + " contradiction"});
  CHECK(with({{"losers", "save"}, {"wait_for", 2}}) == lines{at + " out_of_range"});
  CHECK(with({{"losers", "drop"}, {"wait_for", "any"}}) == lines{});
}
