#include "flow/definition/graph.hpp"

#include <ctime>

#include "flow/testing/flows.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a small flow of every node type is valid", "[validation]") {
  const json flow =
      flow_of({start(), task("work"), condition("check", var("ok")), end("good"), end("bad")},
              {edge("start", "work"), edge("work", "check"), edge("check", "good", true),
               edge("check", "bad", false)});
  CHECK(errors_of(flow) == lines{});
  CHECK(warnings_of(flow) == lines{});
}

TEST_CASE("a flow without nodes has no entry", "[validation]") {
  CHECK(errors_of(flow_of({}, {})) == lines{"/nodes no_entry"});
}

TEST_CASE("a flow needs a valid name", "[validation]") {
  json nameless = chain({start(), end()});
  nameless.erase("name");
  CHECK(errors_of(nameless) == lines{"/name bad_name"});
  nameless["name"] = "a\nb";
  CHECK(errors_of(nameless) == lines{"/name bad_name"});
  for (const char* good : {"My old flow/v2", "入库 ü", " "}) {
    nameless["name"] = good;
    CHECK(errors_of(nameless) == lines{});
  }
}

TEST_CASE("the entry is the first start node, else the first node", "[validation]") {
  const auto entry = [](const json& flow) {
    const auto made = compiled(flow);
    return made->at(made->entry()).id;
  };
  CHECK(entry(chain({task("a"), task("b")})) == "a");
  CHECK(entry(flow_of({task("a"), start("s")}, {edge("s", "a")})) == "s");
  CHECK(entry(flow_of({task("a"), start("s1"), start("s2")},
                      {edge("s1", "s2"), edge("s2", "a")})) == "s1");
}

TEST_CASE("an unknown node type is reported with a suggestion", "[validation]") {
  const json flow = chain({start(), node_of("a", "taks"), node_of("b", "frobnicate")});
  CHECK(errors_of(flow) ==
        lines{"/nodes/1/type unknown_node_type", "/nodes/2/type unknown_node_type"});
  CHECK(message_of(flow, "unknown_node_type") ==
        "unknown node type \"taks\"; did you mean \"task\"? "
        "(known: await, condition, end, fail, http, interrupt, join, map, parallel, section, set, "
        "signal, "
        "start, "
        "subflow, task, wait)");
}

TEST_CASE("a node without a type is reported once, and its edges are not", "[validation]") {
  json flow = chain({start(), task("a"), end()});
  flow["nodes"][1].erase("type");
  CHECK(errors_of(flow) == lines{"/nodes/1 missing_key"});
}

TEST_CASE("a dangling edge is reported with a suggestion", "[validation]") {
  json flow = chain({start(), task("charge"), end()});
  flow["edges"].push_back(edge("chrage", "end"));
  flow["edges"].push_back(edge("charge", "nowhere"));
  CHECK(errors_of(flow) == lines{"/edges/2/source dangling_edge", "/edges/3/target dangling_edge"});
  CHECK(message_of(flow, "dangling_edge") == "no such node: \"chrage\"; did you mean \"charge\"?");
}

TEST_CASE("node ids are unique", "[validation]") {
  const json flow = flow_of({start("a"), end("b"), end("b")}, {edge("a", "b")});
  CHECK(errors_of(flow).front() == "/nodes/2/id duplicate_id");
  CHECK(mentions(message_of(flow, "duplicate_id"), "/nodes/1"));
}

TEST_CASE("a node id is short, printable and has no slash", "[validation]") {
  for (const std::string& id : {std::string(129, 'x'), std::string{"a/b"}, std::string{"a\nb"},
                                std::string{"a\x7f"}, std::string{"a\0b", 3}}) {
    CAPTURE(id);
    CHECK(errors_of(flow_of({node_of(id, "start")}, {})) == lines{"/nodes/0/id bad_id"});
  }
  CHECK(errors_of(flow_of({node_of(std::string(128, 'x'), "start")}, {})) == lines{});
  CHECK(errors_of(flow_of({node_of("Prüfen, ob es geht?", "start")}, {})) == lines{});
}

TEST_CASE("an end node has no outgoing edges", "[validation]") {
  CHECK(errors_of(chain({start(), end("a"), task("b")})) == lines{"/edges/1/source edge_from_end"});
}

TEST_CASE("an unreachable node is reported", "[validation]") {
  json flow = chain({start(), end()});
  flow["nodes"].push_back(task("lost"));
  flow["nodes"].push_back(task("also_lost"));
  flow["edges"].push_back(edge("lost", "also_lost"));
  CHECK(errors_of(flow) == lines{"/nodes/2 unreachable_node", "/nodes/3 unreachable_node"});
}

TEST_CASE("a loop without an exit is reported once, with its path", "[validation]") {
  const json flow = chain({start(), task("a"), task("b"), task("a2")});
  json endless = flow;
  endless["edges"].push_back(edge("a2", "b"));
  CHECK(errors_of(endless) == lines{"/nodes/2 endless_loop"});
  CHECK(mentions(message_of(endless, "endless_loop"), "\"b\" -> \"a2\" -> \"b\""));

  json conditional = flow;
  conditional["edges"].push_back(edge("a2", "b", var("again")));
  CHECK(errors_of(conditional) == lines{});

  json left = endless;  // two plain edges fork: one branch goes round, the other could end
  left["nodes"].push_back(end());
  left["edges"].push_back(edge("b", "end"));
  CHECK(errors_of(left) == lines{});
}

TEST_CASE("a loop through both results of a condition has no exit", "[validation]") {
  const auto looping = [](std::vector<json> edges) {
    edges.insert(edges.begin(), edge("start", "check"));
    return flow_of({start(), condition("check", var("ok")), task("a"), task("b")},
                   std::move(edges));
  };
  CHECK(errors_of(looping({edge("check", "a", true), edge("check", "b", false), edge("a", "check"),
                           edge("b", "check")})) == lines{"/nodes/1 endless_loop"});
  CHECK(errors_of(looping({edge("check", "a", true), edge("check", "b", false), edge("a", "check"),
                           edge("b", "check", var("again"))})) == lines{});
  CHECK(errors_of(looping({edge("check", "a", true), edge("check", "b", true), edge("a", "check"),
                           edge("b", "check")})) == lines{});
}

TEST_CASE("a loop whose rule is the literal true has no exit", "[validation]") {
  const auto looping = [](json when) {
    return flow_of({start(), task("a")}, {edge("start", "a"), edge("a", "a", std::move(when))});
  };
  CHECK(errors_of(looping(true)) == lines{"/nodes/1 endless_loop"});
  CHECK(errors_of(looping(false)) == lines{});
}

TEST_CASE("a duplicate edge causes a warning, because it starts two branches", "[validation]") {
  json flow = chain({start(), task("a"), end()});
  flow["edges"].push_back(edge("start", "a"));
  CHECK(errors_of(flow) == lines{});
  CHECK(warnings_of(flow) == lines{"/edges/2 duplicate_edge"});
}

TEST_CASE("the number of nodes and edges is limited", "[validation]") {
  const json flow = chain({start(), task("a"), end()});
  limits allowed;
  allowed.max_nodes = 3;
  allowed.max_edges = 2;
  CHECK(errors_of(flow, allowed) == lines{});
  allowed.max_nodes = 2;
  allowed.max_edges = 1;
  CHECK(errors_of(flow, allowed) == lines{"/nodes too_many", "/edges too_many"});
  CHECK(message_of(flow, "too_many", allowed) ==
        "the flow has 3 nodes; the maximum is 2 (flow.max_nodes)");
}

TEST_CASE("all errors are reported at once", "[validation]") {
  const json flow = json::parse(R"({
    "name": "",
    "nodes": [{"id": "s", "type": "start"},
              {"id": "t", "type": "task", "data": {"args": [], "timeout": "soon"}},
              {"id": "c", "type": "condition", "data": {"expr": {"vra": "x"}, "max_visits": 0}},
              {"id": "x", "type": "nope"}],
    "edges": [{"source": "s", "target": "t"}, {"source": "t", "target": "c"},
              {"source": "c", "target": "x", "data": {"when": {"<<": [1, 2]}}},
              {"source": "c", "target": "y"}, 17]})");
  CHECK(errors_of(flow) ==
        lines{"/edges/4 wrong_type", "/name bad_name", "/nodes/3/type unknown_node_type",
              "/edges/3/target dangling_edge", "/nodes/1/data missing_key",
              "/nodes/1/data/args wrong_type", "/nodes/1/data/timeout bad_duration",
              "/nodes/2/data/max_visits out_of_range", "/nodes/2/data/expr/vra unknown_operator",
              "/edges/2/data/when/<< unknown_operator"});
  const auto refused = compile(flow, test_version, {}).flow_or_error();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::invalid_flow);
  CHECK(refused.error().diagnostics.size() == 10);
  CHECK(mentions(refused.error().message, "10 errors"));
  CHECK(mentions(refused.error().message, "\"/edges/4\""));
  CHECK(mentions(refused.error().message, "(and 9 more)"));
}

TEST_CASE("a flow with only warnings can run", "[validation]") {
  json flow = chain({start(), task("a", {{"timout", "5s"}})});
  const auto made = compile(flow, test_version, {});
  CHECK(codes(made.diagnostics, severity::warning) == lines{"/nodes/1/data/timout unknown_key"});
  CHECK(made.flow_or_error());
}

namespace {

/// Returns the processor time of checking a flow of some size. It must grow linearly: a flow four
/// times as large may cost little more than four times as much, not sixteen times. What else runs
/// on the machine makes a single measurement longer, so the best of several counts.
template <class Check>
bool grows_with_its_size(Check check, int size) {
  const auto cost = [&](int n) {
    const std::clock_t before = std::clock();
    check(n);
    return static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  };
  const double granularity = 0.02;
  for (int attempt = 0; attempt < 5; ++attempt) {
    const double small = cost(size / 4);
    if (cost(size) < 10 * small + granularity) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("checking a large hostile flow takes time in proportion to its size", "[validation]") {
  SECTION("a long row written backwards") {
    CHECK(grows_with_its_size(
        [](int n) {
          std::vector<json> nodes{start()};
          std::vector<json> edges;
          for (int i = 0; i < n; ++i) nodes.push_back(task("t" + std::to_string(i)));
          for (int i = 1; i < n; ++i)
            edges.push_back(edge("t" + std::to_string(i), "t" + std::to_string(i - 1)));
          edges.push_back(edge("start", "t" + std::to_string(n - 1)));
          limits allowed;
          allowed.max_nodes = allowed.max_edges = 10'000;
          CHECK(errors_of(flow_of(nodes, edges), allowed) == lines{});
        },
        8'000));
  }
  SECTION("a large loop without a way out") {
    CHECK(grows_with_its_size(
        [](int n) {
          std::vector<json> nodes{start()};
          for (int i = 0; i < n; ++i) nodes.push_back(task("t" + std::to_string(i)));
          json flow = chain(nodes);
          flow["edges"].push_back(edge("t" + std::to_string(n - 1), "t0"));
          CHECK(errors_of(flow).back() == "/nodes/1 endless_loop");
        },
        8'000));
  }
  SECTION("thousands of edges that lead nowhere") {
    CHECK(grows_with_its_size(
        [](int n) {
          const std::string rather_long = "_rather_long_name_of_a_node_that_does_";
          std::vector<json> nodes{start()};
          std::vector<json> edges;
          for (int i = 0; i < n / 5; ++i)
            nodes.push_back(task("a" + rather_long + "something_" + std::to_string(i)));
          for (int i = 0; i < n; ++i)
            edges.push_back(edge("a" + rather_long + "nothing_" + std::to_string(i),
                                 "another" + rather_long + "nothing_" + std::to_string(i)));
          CHECK(errors_of(flow_of(nodes, edges)).size() >= 2u * static_cast<unsigned>(n));
        },
        5'000));
  }
}
