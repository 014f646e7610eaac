#include "flow/definition/compiled.hpp"

#include "flow/testing/flows.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a compiled flow has a name and a version", "[compile]") {
  const auto made = compile(chain({start(), end()}), {1, 2, 3}, {});
  REQUIRE(made.flow);
  CHECK(to_string(made.flow->id()) == "test@1.2.3");
  CHECK(made.source.name == "test");
}

TEST_CASE("a compiled flow lists the functions that it calls, without duplicates", "[compile]") {
  const json flow = chain({start(), node_of("a", "task", {{"code_ref", "z.last"}}),
                           node_of("b", "task", {{"code_ref", "core.echo"}}),
                           node_of("c", "task", {{"code_ref", "z.last"}}), end()});
  CHECK(compiled(flow)->code_refs() == lines{"core.echo", "z.last"});
}

TEST_CASE("edges keep their source order", "[compile]") {
  const auto made = compiled(flow_of(
      {start("s"), end("a"), end("b"), end("c"), end("d")},
      {edge("s", "a"), edge("s", "b", var("x")), edge("s", "c"), edge("s", "d", var("y"))}));
  const auto& from = made->at(0);
  REQUIRE(from.conditional.size() == 2);
  CHECK(made->at(from.conditional[0].target).id == "b");
  CHECK(from.conditional[0].order == 1);
  CHECK(from.conditional[1].order == 3);
  REQUIRE(from.plain.size() == 2);
  CHECK(from.plain[0].order == 0);
  CHECK(from.plain[1].order == 2);
}

TEST_CASE("a literal boolean is compared with the result of a condition and is a rule elsewhere",
          "[compile]") {
  const auto made = compiled(flow_of({start("s"), condition("c", var("x")), end("a")},
                                     {edge("s", "c", true), edge("c", "a", false)}));
  CHECK_FALSE(made->at(0).conditional.at(0).follows.has_value());
  CHECK(made->at(0).conditional.at(0).when.has_value());
  CHECK(made->at(1).conditional.at(0).follows == false);
  CHECK_FALSE(made->at(1).conditional.at(0).when.has_value());
}

TEST_CASE("a node's max_visits overrides the default", "[compile]") {
  limits allowed;
  allowed.max_visits = 7;
  const auto made = compiled(chain({start(), task("a", {{"max_visits", 1'000'000}})}), allowed);
  CHECK(made->at(0).max_visits == 7);
  CHECK(made->at(1).max_visits == 1'000'000);
  for (const json& wrong : {json(0), json(-1), json(1.5), json("3"), json(1'000'001), json(~0ull)})
    CHECK(errors_of(chain({start(), task("a", {{"max_visits", wrong}})})) ==
          lines{"/nodes/1/data/max_visits out_of_range"});
}

TEST_CASE("a diagnostic of an edge's rule points to the rule, also in the legacy spelling",
          "[compile]") {
  const json unknown = {{"wat", json::array({1})}};
  const auto diagnostics = [&](json edge_keys) {
    edge_keys["source"] = "s";
    edge_keys["target"] = "e";
    return errors_of(flow_of({start("s"), end("e")}, {edge_keys}));
  };
  CHECK(diagnostics({{"data", {{"when", unknown}}}}) ==
        lines{"/edges/0/data/when/wat unknown_operator"});
  CHECK(diagnostics({{"condition", unknown}}) == lines{"/edges/0/condition/wat unknown_operator"});
  CHECK(diagnostics({{"condition", unknown}, {"condition_value", false}}) ==
        lines{"/edges/0/condition/wat unknown_operator"});
}

TEST_CASE("a definition that is nested too deep has no other diagnostics", "[compile]") {
  limits allowed;
  allowed.max_depth = 6;
  json deep = 1;
  for (int i = 0; i < 2; ++i) deep = json::array({deep});
  // The flow, nodes, the node, data and args are five levels.
  CHECK(errors_of(chain({task("a", {{"args", {{"x", 1}, {"y", json::array()}}}})}), allowed) ==
        lines{});
  CHECK(errors_of(chain({task("a", {{"args", {{"x", deep}}}})}), allowed) ==
        lines{"/nodes/0/data/args/x/0 too_deep"});
}

TEST_CASE("a value of extreme depth is refused safely", "[compile]") {
  json bomb = json::array();
  for (int i = 0; i < 100'000; ++i) {
    json outer = json::array();
    outer.push_back(std::move(bomb));
    bomb = std::move(outer);
  }
  json flow{{"name", "test"}};
  flow["nodes"].push_back({{"id", "a"}, {"type", "task"}});
  flow["nodes"][0]["data"]["args"]["x"] = std::move(bomb);
  const auto diagnostics = errors_of(flow);
  REQUIRE(diagnostics.size() == 1);
  CHECK(mentions(diagnostics.front(), "/nodes/0/data/args/x/0/0"));
  CHECK(mentions(diagnostics.front(), "too_deep"));
}

TEST_CASE("a definition that is too large is refused", "[compile]") {
  const json flow = chain({start(), task("a", {{"args", {{"x", std::string(1000, 'x')}}}})});
  limits allowed;
  allowed.max_bytes = flow.dump().size();
  CHECK(errors_of(flow, allowed) == lines{});
  --allowed.max_bytes;
  CHECK(errors_of(flow, allowed) == lines{" too_large"});
  CHECK(mentions(message_of(flow, "too_large", allowed), "flow.max_bytes"));
}

TEST_CASE("a definition with invalid UTF-8 is refused", "[compile]") {
  CHECK(errors_of(chain({start(), end("\xff")})) == lines{" not_utf8"});
}
