// Warnings about problems that every run of a valid flow has.

#include "flow/analysis/soundness.hpp"

#include <filesystem>
#include <fstream>

#include "flow/testing/flows.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

json joined_at(std::string id, json data = json::object()) {
  return node_of(std::move(id), "join", std::move(data));
}

json put(std::string id, std::string key) {
  return node_of(std::move(id), "set", {{"values", {{std::move(key), 1}}}});
}

/// Restricts the input of a flow to these keys.
json with_input(json flow, std::vector<std::string> keys) {
  json known = json::object();
  for (const auto& key : keys) known[key] = json::object();
  flow["input_schema"] = {{"additionalProperties", false}, {"properties", std::move(known)}};
  return flow;
}

/// A task that writes one key.
json task_into(std::string id, std::string into) {
  return task(std::move(id), {{"into", std::move(into)}});
}

/// Returns the flows in examples/.
std::vector<json> example_files() {
  std::vector<json> flows;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(pawl::testing::source_dir() / "examples")) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream in(entry.path());
    auto flow = json::parse(in, nullptr, false);
    if (flow.is_object() && flow.contains("nodes")) flows.push_back(std::move(flow));
  }
  return flows;
}

}  // namespace

TEST_CASE("the flows of the examples are sound", "[soundness]") {
  const auto flows = example_files();
  CHECK_FALSE(flows.empty());
  for (const auto& flow : flows) CHECK(warnings_of(flow) == lines{});
}

TEST_CASE("an edge whose rule is always false causes a warning with the path to it",
          "[soundness]") {
  const json flow = flow_of({start(), task("a"), task("b"), task("c")},
                            {edge("start", "a"), edge("a", "b", false), edge("a", "c")});
  CHECK(errors_of(flow) == lines{});
  CHECK(warnings_of(flow) == lines{"/edges/1 dead_edge"});
  CHECK(message_of(flow, "dead_edge") ==
        "no run takes the last edge of the path \"start\" -> \"a\" -> \"b\": its rule is false in "
        "every run");
}

TEST_CASE("edges after one that is always taken cause a warning", "[soundness]") {
  const json always{{"==", {1, 1}}};
  CHECK(warnings_of(flow_of({start(), task("a"), task("b"), task("c"), task("d")},
                            {edge("start", "a"), edge("a", "b", always), edge("a", "c", var("x")),
                             edge("a", "d")})) ==
        lines{"/edges/2 dead_edge", "/edges/3 dead_edge"});
  CHECK(warnings_of(flow_of(
            {start(), task("a"), task("b"), task("c")},
            {edge("start", "a"), edge("a", "b", var("x")), edge("a", "c", true)})) == lines{});
}

TEST_CASE("an edge with the same rule as an earlier one causes a warning", "[soundness]") {
  CHECK(warnings_of(flow_of({start(), task("a"), task("b"), task("c")},
                            {edge("start", "a"), edge("a", "b", var("x")),
                             edge("a", "c", var("x"))})) == lines{"/edges/2 dead_edge"});
}

TEST_CASE("a condition has edges for its two results and no others", "[soundness]") {
  const auto with = [](json expr, std::vector<json> more) {
    std::vector<json> edges{edge("start", "c"), edge("c", "a", true), edge("c", "b", false)};
    edges.insert(edges.end(), more.begin(), more.end());
    return warnings_of(flow_of(
        {start(), condition("c", std::move(expr)), task("a"), task("b"), task("d")}, edges));
  };
  const json never_d = edge("a", "d");
  CHECK(with(var("x"), {never_d}) == lines{});
  CHECK(with(var("x"), {never_d, edge("c", "d")}) == lines{"/edges/4 dead_edge"});
  CHECK(with(var("x"), {never_d, edge("c", "d", true)}) == lines{"/edges/4 dead_edge"});
  CHECK(with({{">", {2, 1}}}, {never_d}) == lines{"/edges/2 dead_edge"});
  CHECK(with(false, {edge("b", "d")}) == lines{"/edges/1 dead_edge"});
}

TEST_CASE("a rule that reads data or fails is not constant", "[soundness]") {
  for (const json& rule :
       {var("x"), json{{"or", {var("x"), true}}}, json{{"missing", json::array()}},
        json{{"*", json::array()}}, json{{"some", {{1, 2}, {{">", {var(""), 1}}}}}}}) {
    CHECK(warnings_of(flow_of({start(), task("a"), task("b"), task("c")},
                              {edge("start", "a"), edge("a", "b", rule), edge("a", "c")})) ==
          lines{});
  }
}

TEST_CASE("on_error edges after ones that take the error cause a warning", "[soundness]") {
  const auto with = [](std::vector<json> classes) {
    std::vector<json> nodes{start(), task("a"), task("b")};
    std::vector<json> edges{edge("start", "a"), edge("a", "b")};
    for (auto& c : classes) edges.push_back(edge_on("on_error", "a", "b", std::move(c)));
    return warnings_of(flow_of(nodes, edges));
  };
  CHECK(with({true, "busy"}) == lines{"/edges/3 dead_edge"});
  CHECK(with({"busy", true}) == lines{});
  CHECK(with({"busy", "broken", {"broken", "busy"}}) == lines{"/edges/4 dead_edge"});
  CHECK(with({"busy", {"broken", "busy"}}) == lines{});
}

TEST_CASE("an on_error edge with a rule leaves errors to those after it", "[soundness]") {
  const auto with = [](json rule) {
    json first = edge_on("on_error", "a", "b");
    first["data"]["when"] = std::move(rule);
    return warnings_of(flow_of({start(), task("a"), task("b")},
                               {edge("start", "a"), first, edge_on("on_error", "a", "b", "busy")}));
  };
  CHECK(with(var("x")) == lines{});
  CHECK(with(true) == lines{"/edges/2 dead_edge"});
  CHECK(with(false) == lines{"/edges/1 dead_edge"});
  CHECK(with({{"==", {var("error.type"), "busy"}}}) == lines{});
}

TEST_CASE("edges after a dead edge are not reported", "[soundness]") {
  CHECK(warnings_of(flow_of({start(), task("a"), task("b"), task("c")},
                            {edge("start", "a", false), edge("a", "b", false),
                             edge("b", "c", false)})) == lines{"/edges/0 dead_edge"});
}

TEST_CASE("a loop whose exits are never taken causes a warning", "[soundness][loops]") {
  const json flow =
      flow_of({start(), task("a"), condition("c", {{"==", {1, 1}}}), end()},
              {edge("start", "a"), edge("a", "c"), edge("c", "a", true), edge("c", "end", false)});
  CHECK(errors_of(flow) == lines{});
  CHECK(warnings_of(flow) == lines{"/edges/3 dead_edge", "/nodes/1 endless_loop"});
  CHECK(mentions(message_of(flow, "endless_loop"), "\"a\" -> \"c\" -> \"a\""));
}

TEST_CASE("a loop that only a join ends, which drops its branch, causes a warning",
          "[soundness][loops][join]") {
  // Two sources are asked; meanwhile, a loop reports progress.
  const auto race = [](json wait_for, std::vector<json> more = {}) {
    std::vector<json> edges{edge("start", "a"), edge("start", "b"), edge("a", "j"), edge("b", "j"),
                            edge("start", "p"), edge("p", "q"),     edge("q", "p"), edge("j", "z")};
    edges.insert(edges.end(), more.begin(), more.end());
    return flow_of(
        {start(), task("a"), task("b"), node_of("p", "wait", {{"duration", "1m"}}), task("q"),
         node_of("j", "join", {{"wait_for", std::move(wait_for)}}), task("z")},
        std::move(edges));
  };
  for (const json& some : {json("any"), json(2)}) {
    CHECK(errors_of(race(some)) == lines{});
    CHECK(warnings_of(race(some)) == lines{"/nodes/3 endless_loop"});
    CHECK(mentions(message_of(race(some), "endless_loop"),
                   "only a join that drops its branch ends the loop \"p\" -> \"q\" -> \"p\""));
  }
  CHECK(errors_of(race("all")) == lines{"/nodes/3 endless_loop"});
  // Nothing ends the loop after the join.
  CHECK(errors_of(race("any", {edge("z", "p")})) == lines{"/nodes/3 endless_loop"});
}

TEST_CASE("the items of a map are not an exit of a loop", "[soundness][loops][map]") {
  const json flow = flow_of({start(), node_of("m", "map", {{"items", var("l")}}), task("i")},
                            {edge("start", "m"), edge_on("each", "m", "i"), edge("m", "m")});
  CHECK(errors_of(flow) == lines{"/nodes/1 endless_loop"});
}

TEST_CASE("a join for more branches than can arrive causes a warning", "[soundness][join]") {
  const auto with = [](json needed) {
    return flow_of({start(), task("a"), task("b"), joined_at("j", {{"wait_for", needed}})},
                   {edge("start", "a"), edge("start", "b"), edge("a", "j"), edge("b", "j")});
  };
  CHECK(warnings_of(with(2)) == lines{});
  CHECK(warnings_of(with("any")) == lines{});
  CHECK(warnings_of(with(3)) == lines{"/nodes/3/data/wait_for too_few_branches"});
  CHECK(message_of(with(3), "too_few_branches") ==
        "the join at the end of the path \"start\" -> \"a\" -> \"j\" waits for 3 branches, but at "
        "most 2 can arrive: the run will fail there");
}

TEST_CASE("joins that wait for each other cause a warning with both paths", "[soundness][join]") {
  const json flow =
      flow_of({start(), task("a"), task("b"), task("c"), joined_at("j"), joined_at("k")},
              {edge("start", "a"), edge("start", "b"), edge("start", "c"), edge("a", "j"),
               edge("b", "j"), edge("j", "k"), edge("c", "k")});
  CHECK(warnings_of(flow) == lines{"/nodes/4 join_deadlock"});
  CHECK(mentions(message_of(flow, "join_deadlock"), "\"start\" -> \"a\" -> \"j\""));
  CHECK(mentions(message_of(flow, "join_deadlock"), "\"start\" -> \"c\" -> \"k\""));
}

TEST_CASE("correctly ordered joins cause no warning", "[soundness][join]") {
  CHECK(warnings_of(flow_of(
            {start(), task("a"), task("b"), task("x"), task("y"), joined_at("j"), joined_at("k")},
            {edge("start", "a"), edge("start", "b"), edge("a", "x"), edge("a", "y"), edge("x", "j"),
             edge("y", "j"), edge("j", "k"), edge("b", "k")})) == lines{});
  // The branch of c may end before it comes to the other join.
  CHECK(warnings_of(
            flow_of({start(), task("a"), task("b"), task("c"), joined_at("j"), joined_at("k")},
                    {edge("start", "a"), edge("start", "b"), edge("start", "c"), edge("a", "j"),
                     edge("b", "j"), edge("j", "k"), edge("c", "k", var("x"))})) == lines{});
  // Which join a branch comes to depends on data.
  CHECK(warnings_of(flow_of(
            {start(), condition("a", var("x")), condition("b", var("x")), joined_at("j"),
             joined_at("k")},
            {edge("start", "a"), edge("start", "b"), edge("a", "j", true), edge("a", "k", false),
             edge("b", "j", true), edge("b", "k", false)})) == lines{});
  // Some other join may drop both.
  CHECK(warnings_of(flow_of({start(), task("a"), task("b"), task("c"), task("d"), joined_at("j"),
                             joined_at("k"), joined_at("first", {{"wait_for", "any"}})},
                            {edge("start", "a"), edge("start", "b"), edge("start", "c"),
                             edge("start", "d"), edge("a", "j"), edge("b", "j"), edge("j", "k"),
                             edge("c", "k"), edge("k", "first"), edge("d", "first")})) == lines{});
}

TEST_CASE("a rule that reads a key which nothing before it writes causes a warning",
          "[soundness]") {
  const json flow = with_input(
      chain({start(), put("s", "total"), condition("c", {{">", {var("totla"), 1}}}), end()}),
      {"amount"});
  CHECK(warnings_of(flow) == lines{"/nodes/2/data/expr never_written"});
  CHECK(message_of(flow, "never_written") ==
        "the rule reads \"totla\", which is not in the input and which no node on the path "
        "\"start\" -> \"s\" -> \"c\" writes; did you mean \"total\"?");
}

TEST_CASE("what the events of an await write is known", "[soundness][await]") {
  const auto warnings = [](json second, const char* reads) {
    const json events{{{"signal", "x"}, {"into", "one"}}, std::move(second)};
    return warnings_of(with_input(chain({start(), node_of("w", "await", {{"for", events}}),
                                         condition("c", var(reads)), end()}),
                                  {"amount"}));
  };
  const lines unwritten{"/nodes/2/data/expr never_written"};
  const json two{{"signal", "y"}, {"result", {{"two", var("result.n")}}}};
  CHECK(warnings(two, "one") == lines{});
  CHECK(warnings(two, "two") == lines{});
  CHECK(warnings(two, "three") == unwritten);
  CHECK(warnings({{"signal", "y"}, {"into", nullptr}}, "two") == unwritten);
  CHECK(warnings({{"signal", "y"}}, "three") == lines{});  // merges whatever is sent
}

TEST_CASE("the reads of all rules of nodes and edges are checked", "[soundness]") {
  const auto warnings = [](json node, std::vector<json> edges = {}) {
    std::vector<json> all{edge("start", "x")};
    all.insert(all.end(), edges.begin(), edges.end());
    return warnings_of(with_input(flow_of({start(), std::move(node), task("z")}, all), {"known"}));
  };
  const std::string at = "/nodes/1/data/";
  const json no = var("nowhere.deep");
  const json to_z = edge("x", "z");
  CHECK(warnings(node_of("x", "set", {{"values", {{"k", no}}}}), {to_z}) ==
        lines{at + "values/k never_written"});
  CHECK(warnings(task("x", {{"into", "t"}, {"with", {{"k", no}}}}), {to_z}) ==
        lines{at + "with/k never_written"});
  CHECK(warnings(task("x", {{"into", "t"},
                            {"compensate",
                             {{"code_ref", "u"}, {"with", {{"ok", var("t.id")}, {"k", no}}}}}}),
                 {to_z}) == lines{at + "compensate/with/k never_written"});
  CHECK(warnings(node_of("x", "wait", {{"until", no}}), {to_z}) ==
        lines{at + "until never_written"});
  CHECK(warnings(node_of("x", "wait", {{"duration", no}}), {to_z}) ==
        lines{at + "duration never_written"});
  CHECK(warnings(node_of("x", "signal", {{"name", "s"}, {"timeout", no}}), {to_z}) ==
        lines{at + "timeout never_written"});
  CHECK(warnings(node_of("x", "interrupt", {{"question", no}}), {to_z}) ==
        lines{at + "question never_written"});
  CHECK(warnings(start("x"), {edge("x", "z", no)}) == lines{"/edges/1/data/when never_written"});
  CHECK(warnings(node_of("x", "map", {{"items", no}}), {edge_on("each", "x", "z")}) ==
        lines{at + "items never_written"});
}

TEST_CASE("an output that reads a key which no node writes causes a warning", "[soundness]") {
  json flow = with_input(chain({start(), put("s", "total"), task_into("a", "sum")}), {"known"});
  flow["output"] = {{"x", var("totla.n")}, {"y", var("sum.n")}, {"z", var("known")}};
  CHECK(warnings_of(flow) == lines{"/output never_written"});
  CHECK(
      message_of(flow, "never_written") ==
      "the rule reads \"totla\", which is not in the input and which no node writes; did you mean "
      "\"total\"?");
  flow["output"] = {{"x", var("total.n")}};
  CHECK(warnings_of(flow) == lines{});
}

TEST_CASE("what a compensation reads when it begins may come from any node", "[soundness]") {
  const auto warned = [](const char* key, json value) {
    const json undo{{"code_ref", "u"}, {key, std::move(value)}};
    return warnings_of(with_input(
        chain({start(), task("x", {{"into", "t"}, {"compensate", undo}}), task_into("z", "later")}),
        {"known"}));
  };
  const std::string at = "/nodes/1/data/compensate/";
  CHECK(warned("timeout", var("later.s")) == lines{});
  CHECK(warned("timeout", var("latr.s")) == lines{at + "timeout never_written"});
  CHECK(warned("total_timeout", var("latr.s")) == lines{at + "total_timeout never_written"});
  CHECK(warned("retry", {{"max_attempts", var("later.n")}}) == lines{});
  CHECK(warned("retry", {{"on", {{{"backoff", var("latr.n")}}}}}) ==
        lines{at + "retry/on/0/backoff never_written"});
}

TEST_CASE("reads are not reported where any key might be written", "[soundness]") {
  const json reader = condition("c", var("nowhere"));
  const auto silent = [](json flow) { return warnings_of(flow) == lines{}; };
  CHECK(silent(chain({start(), reader})));  // an input may be anything
  json flow = with_input(chain({start(), reader}), {});
  flow["input_schema"].erase("additionalProperties");
  CHECK(silent(flow));
  flow = with_input(chain({start(), reader}), {});
  flow["input_schema"]["patternProperties"] = {{"^n", json::object()}};
  CHECK(silent(flow));
  CHECK(silent(with_input(chain({start(), task("a"), reader}), {})));
  CHECK(silent(with_input(chain({start(), node_of("w", "signal", {{"name", "s"}}), reader}), {})));
  CHECK(silent(
      with_input(chain({start(), node_of("q", "interrupt", {{"question", 1}}), reader}), {})));
  CHECK(silent(with_input(chain({start(), reader, end()}), {"nowhere"})));
  CHECK_FALSE(silent(with_input(chain({start(), task_into("a", "x"), reader}), {})));
  CHECK_FALSE(silent(with_input(chain({start(), reader, task("a")}), {})));  // too late
}

TEST_CASE("a read with a default causes no warning", "[soundness]") {
  for (const json& rule :
       {json{{"var", {"nowhere", 0}}}, json{{"missing", {"nowhere"}}},
        json{{"missing_some", {1, {"nowhere"}}}}, var(""), var("metadata.x"), var("run_id"),
        var("thread_id"), var("current_node"), var("condition_result"),
        json{{"filter", {var("known"), {{">", {var("nowhere"), 1}}}}}}, json{{"var", 1}},
        json{{"var", {{{"cat", {"no", "where"}}}}}}}) {
    CAPTURE(rule.dump());
    CHECK(warnings_of(with_input(chain({start(), condition("c", rule)}), {"known"})) == lines{});
  }
}

TEST_CASE("keys written by a loop, a branch, an error or an item are known", "[soundness]") {
  const auto silent = [](json flow) {
    const auto warnings = warnings_of(with_input(std::move(flow), {"list"}));
    CAPTURE(warnings);
    CHECK(warnings == lines{});
  };
  silent(flow_of({start(), node_of("a", "set", {{"values", {{"n", {{"+", {var("n"), 1}}}}}}})},
                 {edge("start", "a"), edge("a", "a", {{"<", {var("n"), 3}}})}));
  silent(flow_of(
      {start(), put("a", "x"), put("b", "y"), joined_at("j"), condition("c", var("y"))},
      {edge("start", "a"), edge("start", "b"), edge("a", "j"), edge("b", "j"), edge("j", "c")}));
  // The data of a branch that ends before the join is merged as well.
  silent(flow_of({start(), put("a", "x"), put("b", "y"), put("d", "z"), joined_at("j"),
                  condition("c", {{"and", {var("y"), var("z")}}})},
                 {edge("start", "a"), edge("start", "b"), edge("a", "j"), edge("b", "d"),
                  edge("b", "j", {{"==", {var("list"), 1}}}), edge("j", "c")}));
  silent(flow_of({start(), task_into("a", "x"), condition("c", var("error.type")),
                  condition("d", var("why.type"))},
                 {edge("start", "a"), edge_on("on_error", "a", "c", "busy"), [] {
                    json made = edge_on("on_error", "a", "d");
                    made["data"]["into"] = "why";
                    return made;
                  }()}));
  silent(flow_of({start(), node_of("m", "map", {{"items", var("list")}, {"result", var("own")}}),
                  node_of("i", "set", {{"values", {{"own", var("item.id")}, {"n", var("index")}}}}),
                  condition("c", var("results.0"))},
                 {edge("start", "m"), edge_on("each", "m", "i"), edge("m", "c")}));
}
