#include "flow/definition/short_form.hpp"

#include "flow/definition/links.hpp"
#include "flow/nodes/node.hpp"
#include "flow/testing/flows.hpp"
#include "flow/testing/random_flow.hpp"
#include "flow/values/parse_json.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

json parsed(std::string_view text) {
  auto value = parse_json(text, "the flow", text.size(), 64);
  INFO((value ? "" : value.error().message));
  REQUIRE(value);
  return *std::move(value);
}

/// A flow in the short form with these nodes, as JSON text.
json short_flow(std::string_view nodes) {
  return {{"name", "test"}, {"nodes", parsed(nodes)}};
}

/// The edges of the long form: "a -> b", with the kind of the edge.
lines edges_of(const json& source) {
  const auto made = compile(source, test_version, {});
  lines found;
  for (const auto& edge : made.source.edges) {
    std::string text = edge.source + " -> " + edge.target;
    if (edge.when) text += " when " + edge.when->dump();
    if (edge.on_error) text += " on_error " + json(*edge.on_error).dump() + edge.into;
    if (!edge.on.empty()) text += " on " + edge.on;
    if (edge.on_timeout) text += " on_timeout";
    if (edge.each) text += " each";
    found.push_back(text);
  }
  return found;
}

json canonical(const json& source) {
  const auto made = compile(source, test_version, {});
  CAPTURE(source.dump(1));
  INFO((made.flow ? "" : made.flow_or_error().error().message));
  REQUIRE(made.flow);
  return to_json(made.source);
}

/// What `codes` says, without the codes of other checks.
lines implied_edges_in(std::string_view nodes, severity level) {
  lines found;
  for (const auto& each : codes(compile(short_flow(nodes), test_version, {}).diagnostics, level))
    if (each.ends_with(" implied_edge")) found.push_back(each.substr(0, each.find(' ')));
  return found;
}

const std::string do_a = R"({"id": "a", "type": "task", "code_ref": "x.a")";
const std::string do_b = R"({"id": "b", "type": "task", "code_ref": "x.b")";
const std::string do_c = R"({"id": "c", "type": "task", "code_ref": "x.c")";
const std::string is_large = R"({"id": "large", "type": "condition", "expr": {"var": "n"})";

}  // namespace

TEST_CASE("the order of the nodes is the sequence", "[short_form]") {
  const json flow = short_flow("[" + do_a + "}, " + do_b + R"(, "into": "b", "label": "B"}])");
  CHECK(edges_of(flow) == lines{"a -> b"});
  CHECK(canonical(flow) ==
        json{{"name", "test"},
             {"nodes",
              {{{"id", "a"}, {"type", "task"}, {"data", {{"code_ref", "x.a"}}}},
               {{"id", "b"},
                {"type", "task"},
                {"data", {{"code_ref", "x.b"}, {"into", "b"}, {"label", "B"}}}}}},
             {"edges", {{{"source", "a"}, {"target", "b"}}}}});
}

TEST_CASE("next, then, else, on_error, on_timeout and each are edges", "[short_form]") {
  struct example {
    std::string nodes;
    lines edges;
  };
  const std::string rest = ", " + do_b + R"(, "next": null}, )" + do_c + "}]";
  const std::string wait = R"({"id": "a", "type": "signal", "name": "s", "timeout": "1m")";
  const std::string events =
      R"({"id": "a", "type": "await", "for": [{"signal": "x"}, {"signal": "y"}])";
  const std::string each = R"({"id": "a", "type": "map", "items": [1])";
  const example examples[] = {
      {"[" + do_a + R"(, "next": "c"})" + rest, {"a -> c"}},
      {"[" + do_a + R"(, "next": null})" + rest, {}},
      {"[" + do_a + R"(, "next": ["b", "c"]})" + rest, {"a -> b", "a -> c"}},
      {"[" + do_a + R"(, "next": [{"when": {"var": "n"}, "to": "b"}, {"to": "c"}]})" + rest,
       {R"(a -> b when {"var":"n"})", "a -> c"}},
      {"[" + do_a + R"(, "next": [{"when": {"var": "n"}, "to": "b"}, "c"]})" + rest,
       {R"(a -> b when {"var":"n"})", "a -> c"}},
      {"[" + is_large + R"(, "then": "b", "else": "c"})" + rest,
       {"large -> b when true", "large -> c when false"}},
      {"[" + is_large + R"(, "else": "c"})" + rest,
       {"large -> b when true", "large -> c when false"}},
      {"[" + is_large + R"(, "then": "c"})" + rest,
       {"large -> c when true", "large -> b when false"}},
      {"[" + is_large + R"(, "else": null})" + rest, {"large -> b when true"}},
      {"[" + is_large + "}" + rest, {"large -> b"}},
      {"[" + do_a + R"(, "on_error": "c"})" + rest, {"a -> b", "a -> c on_error []"}},
      {"[" + do_a +
           R"(, "on_error": [{"on": ["x", "y"], "to": "b", "into": "why"}, {"to": "c"}]})" + rest,
       {"a -> b", R"(a -> b on_error ["x","y"]why)", "a -> c on_error []"}},
      {"[" + do_a + R"(, "on_error": [{"on": "x", "to": "c"}, {"on": true, "to": "b"}]})" + rest,
       {"a -> b", R"(a -> c on_error ["x"])", "a -> b on_error []"}},
      {"[" + wait + R"(, "on_timeout": "c"})" + rest, {"a -> b", "a -> c on_timeout"}},
      {"[" + events + R"(, "on": {"x": "b", "y": "c"}})" + rest, {"a -> b on x", "a -> c on y"}},
      {"[" + events + R"(, "on": {"x": "c"}, "next": "b"})" + rest, {"a -> b", "a -> c on x"}},
      {"[" + do_a + R"(, "on_error": [{"when": {"var": "n"}, "to": "c"}]})" + rest,
       {"a -> b", R"(a -> c when {"var":"n"} on_error [])"}},
      {"[" + each + R"(, "next": "c", "each": "b"})" + rest, {"a -> c", "a -> b each"}},
      {R"([{"id": "a", "type": "end"}, {"id": "b", "type": "fail"}, )" + do_c + "}]", {}},
  };
  for (const auto& [nodes, edges] : examples) {
    CAPTURE(nodes);
    CHECK(edges_of(short_flow(nodes)) == edges);
  }
}

TEST_CASE("a flow with edges is in the long form, and nothing is implied", "[short_form]") {
  CHECK_FALSE(is_short_form(flow_of({}, {})));
  CHECK(is_short_form({{"name", "x"}}));
  CHECK(is_short_form({{"name", "x"}, {"edges", nullptr}}));
  CHECK_FALSE(is_short_form("x"));
  json two = flow_of({task("a"), task("b")}, {});
  CHECK(errors_of(two) == lines{"/nodes/1 unreachable_node"});
  two["edges"] = json::array({edge("a", "b")});
  CHECK(errors_of(two).empty());
  two["nodes"][0]["next"] = "b";
  two["nodes"][1]["on_error"] = "a";
  CHECK(codes(compile(two, test_version, {}).diagnostics) ==
        lines{"/nodes/0/next mixed_forms", "/nodes/1/on_error mixed_forms"});
  CHECK(warnings_of(two).empty());
}

TEST_CASE("settings may stand on the node or in its data, once", "[short_form]") {
  const json on_node = short_flow("[" + do_a + R"(, "args": {"x": 1}}])");
  json mixed =
      short_flow(R"([{"id": "a", "type": "task", "code_ref": "x.a", "data": {"args": {"x": 1}}}])");
  CHECK(canonical(mixed) == canonical(on_node));
  mixed["nodes"][0]["data"]["code_ref"] = "x.a";
  CHECK(canonical(mixed) == canonical(on_node));
  mixed["nodes"][0]["data"]["code_ref"] = "x.b";
  CHECK(errors_of(mixed) == lines{"/nodes/0/code_ref contradiction"});
  json other = on_node;
  other["nodes"][0].erase("code_ref");
  other["nodes"][0]["function"] = "x.a";
  other["nodes"][0]["position"] = {{"x", 1}};
  other["nodes"][0]["x-owner"] = "me";
  CHECK(canonical(other) == canonical(on_node));
  CHECK(warnings_of(other).empty());
}

TEST_CASE("diagnostics of the short form point into what was written", "[short_form]") {
  struct example {
    std::string nodes;
    std::string diagnostic;
  };
  const example examples[] = {
      {do_a + R"(, "retyr": 1}])", "/nodes/0/retyr unknown_key"},
      {do_a + R"(, "nxt": null}])", "/nodes/0/nxt unknown_key"},
      {do_a + R"(, "onerror": "a"}])", "/nodes/0/onerror unknown_key"},
      {do_a + R"(, "timeout": "soon"}])", "/nodes/0/timeout bad_duration"},
      {do_a + R"(, "retry": {"max_attempts": "x"}}])", "/nodes/0/retry/max_attempts out_of_range"},
      {do_a + R"(, "data": {"timeout": "soon"}}])", "/nodes/0/data/timeout bad_duration"},
      {do_a + R"(, "data": 3}])", "/nodes/0/data wrong_type"},
      {do_a + R"(, "with": {"x": {"var": ["a", 1, 2]}, "y": {"?:": []}, "z": {"vra": "id"}}}])",
       "/nodes/0/with/z/vra unknown_operator"},
      {R"({"id": "a", "type": "task", "function": "a b"}])", "/nodes/0/function bad_code_ref"},
      {R"({"id": "a", "type": "task"}])", "/nodes/0 missing_key"},
      {R"({"id": "a", "type": "wait", "duration": "x"}])", "/nodes/0/duration bad_duration"},
      {R"({"id": "a", "type": "nothing"}])", "/nodes/0/type unknown_node_type"},
      {R"({"id": "a", "type": "condition", "expr": {"foo": 1}}])",
       "/nodes/0/expr/foo unknown_operator"},
      {R"({"type": "end"}])", "/nodes/0 missing_key"},
      {R"(7])", "/nodes/0 wrong_type"},
      {do_a + R"(, "next": "x"}])", "/nodes/0/next dangling_edge"},
      {do_a + R"(, "next": "end"}])", "/nodes/0/next dangling_edge"},
      {do_a + R"(, "next": ["a", "x"]}])", "/nodes/0/next/1 dangling_edge"},
      {do_a + R"(, "next": [{"to": "x"}]}])", "/nodes/0/next/0/to dangling_edge"},
      {do_a + R"(, "next": [{"when": {"var": "n"}}]}])", "/nodes/0/next/0 missing_key"},
      {do_a + R"(, "next": [{"when": {"foo": 1}, "to": "a"}]}])",
       "/nodes/0/next/0/when/foo unknown_operator"},
      {do_a + R"(, "next": [{"to": 7}]}])", "/nodes/0/next/0/to wrong_type"},
      {do_a + R"(, "next": [7]}])", "/nodes/0/next/0 wrong_type"},
      {do_a + R"(, "next": []}])", "/nodes/0/next wrong_type"},
      {do_a + R"(, "next": {"to": "a"}}])", "/nodes/0/next wrong_type"},
      {do_a + R"(, "next": [{"to": "a", "target": "a"}]}])", "/nodes/0/next/0/target unknown_key"},
      {do_a + R"(, "then": "a"}])", "/nodes/0/then misplaced_key"},
      {is_large + R"(, "then": 7}])", "/nodes/0/then wrong_type"},
      {is_large + R"(, "then": "a", "next": "b"}])", "/nodes/0/next contradiction"},
      {is_large + R"(, "else": "x"}])", "/nodes/0/else dangling_edge"},
      {do_a + R"(, "on_error": "x"}])", "/nodes/0/on_error dangling_edge"},
      {do_a + R"(, "on_error": [{"on": [], "to": "a"}]}])", "/nodes/0/on_error/0/on wrong_type"},
      {do_a + R"(, "on_error": [{"on": false, "to": "a"}]}])", "/nodes/0/on_error/0/on wrong_type"},
      {do_a + R"(, "on_error": [{"to": "a", "into": 7}]}])", "/nodes/0/on_error/0/into wrong_type"},
      {do_a + R"(, "on_error": [{"to": "a", "into": null}]}])",
       "/nodes/0/on_error/0/into wrong_type"},
      {do_a + R"(, "on_error": ["a"]}])", "/nodes/0/on_error/0 wrong_type"},
      {do_a + R"(, "on_error": true}])", "/nodes/0/on_error wrong_type"},
      {do_a + R"(, "on_error": null}])", "/nodes/0/on_error wrong_type"},
      {do_a + R"(, "on_error": [{"to": null}]}])", "/nodes/0/on_error/0/to wrong_type"},
      {do_a + R"(, "on": "a"}])", "/nodes/0/on wrong_type"},
      {do_a + R"(, "on": {"x": 7}}])", "/nodes/0/on/x wrong_type"},
      {do_a + R"(, "on": {"x": "q"}}])", "/nodes/0/on/x dangling_edge"},
      {do_a + R"(, "on_error": [{"when": {"foo": 1}, "to": "a"}]}])",
       "/nodes/0/on_error/0/when/foo unknown_operator"},
      {do_a + R"(, "on_timeout": "a"}])", "/nodes/0/on_timeout never_taken"},
      {do_a + R"(, "each": ["a"]}])", "/nodes/0/each wrong_type"},
      {do_a + R"(, "each": "a"}])", "/nodes/0/each never_taken"},
      {R"({"id": "a", "type": "start", "on_error": "a"}])", "/nodes/0/on_error never_taken"},
      {R"({"id": "a", "type": "end", "next": "a"}])", "/nodes/0/next edge_from_end"},
      {do_a + R"(, "next": "a"}])", "/nodes/0 endless_loop"},
      {do_a + "}, " + do_a + "}]", "/nodes/1/id duplicate_id"},
      {R"({"id": "a", "type": "map", "items": [1]}])", "/nodes/0 missing_edge"},
      {R"({"id": "a", "type": "parallel"}, )" + do_b + "}]", "/nodes/0 missing_edge"},
  };
  for (const auto& [nodes, expected] : examples) {
    CAPTURE(nodes);
    const auto made = compile(short_flow("[" + nodes), test_version, {});
    lines all = codes(made.diagnostics);
    for (auto& warning : codes(made.diagnostics, severity::warning)) all.push_back(warning);
    CAPTURE(all);
    CHECK(std::find(all.begin(), all.end(), expected) != all.end());
  }
  json flow = short_flow("[" + do_a + "}]");
  flow["nodes"] = {{"a", {{"type", "end"}}}};
  CHECK(errors_of(flow) == lines{"/nodes wrong_type", "/nodes no_entry"});
}

TEST_CASE("limits hold for the long form of a flow, too", "[short_form]") {
  json flow = short_flow("[" + do_a + "}, " + do_b + "}]");
  limits allowed;
  allowed.max_bytes = canonical(flow).dump().size();
  CHECK(errors_of(flow, allowed).empty());
  allowed.max_bytes -= 1;
  CHECK(errors_of(flow, allowed) == lines{" too_large"});
  CHECK(mentions(message_of(flow, "too_large", allowed), "in the long form"));
  allowed = {};
  allowed.max_edges = 0;
  CHECK(errors_of(flow, allowed) == lines{"/nodes too_many"});
  allowed = {};
  allowed.max_depth = 4;
  flow["nodes"][0]["args"] = {{"x", json::object()}};
  CHECK(errors_of(flow, allowed).size() == 1);
}

TEST_CASE("an implied edge from one branch into another is an error", "[short_form]") {
  const auto errors = [](const std::string& nodes) {
    return implied_edges_in("[" + nodes + "]", severity::error);
  };
  const std::string fork = R"({"id": "fork", "type": "parallel", "next": ["a", "b"]}, )";
  const std::string join = R"(, {"id": "join", "type": "join"})";
  CHECK(errors(fork + do_a + "}, " + do_b + "}" + join) == lines{"/nodes/1"});
  CHECK(errors(fork + do_a + "}, " + do_c + "}, " + do_b + "}" + join) == lines{"/nodes/2"});
  CHECK(errors(fork + do_a + R"(, "next": "join"}, )" + do_b + "}" + join).empty());
  CHECK(errors(fork + do_a + R"(, "next": "b"}, )" + do_b + "}" + join).empty());
  CHECK(errors(fork + do_a + R"(, "next": null}, )" + do_b + "}").empty());

  const std::string map = R"({"id": "all", "type": "map", "items": [1], "each": "a")";
  CHECK(errors(map + "}, " + do_a + "}") == lines{"/nodes/0"});
  CHECK(errors(map + R"(, "next": "b"}, )" + do_a + "}, " + do_b + "}") == lines{"/nodes/1"});
  CHECK(errors(map + R"(, "next": "b"}, )" + do_a + "}, " + do_c + "}, " + do_b + "}") ==
        lines{"/nodes/2"});
  CHECK(errors(map + R"(, "next": "b"}, )" + do_a + R"(, "next": null}, )" + do_b + "}").empty());
  CHECK(errors(map + "}, " + do_b + "}, " + do_a + "}") == lines{"/nodes/1"});
  CHECK(errors(map + "}, " + do_b + R"(, "next": null}, )" + do_a + "}").empty());
}

TEST_CASE("an implied edge into another case or a handler is a warning", "[short_form]") {
  const auto warnings = [](const std::string& nodes) {
    return implied_edges_in("[" + nodes + "]", severity::warning);
  };
  const std::string both = is_large + R"(, "then": "a", "else": "b"}, )";
  CHECK(warnings(both + do_a + "}, " + do_b + "}") == lines{"/nodes/1"});
  CHECK(warnings(both + do_a + R"(, "next": "b"}, )" + do_b + "}").empty());
  CHECK(warnings(both + do_a + R"(, "next": "c"}, )" + do_b + "}, " + do_c + "}").empty());
  // Only one case is written: the other nodes before it are skipped.
  CHECK(warnings(is_large + R"(, "else": "b"}, )" + do_a + "}, " + do_b + "}").empty());

  const std::string rules = R"({"id": "x", "type": "start", "next":
      [{"when": {"var": "n"}, "to": "a"}, {"to": "b"}]}, )";
  CHECK(warnings(rules + do_a + "}, " + do_b + "}") == lines{"/nodes/1"});

  CHECK(warnings(do_a + R"(, "on_error": "c"}, )" + do_b + "}, " + do_c + "}") ==
        lines{"/nodes/1"});
  CHECK(warnings(do_a + R"(, "on_error": "b"}, )" + do_b + "}") == lines{"/nodes/0"});
  CHECK(warnings(do_a + R"(, "on_error": "c"}, )" + do_b + R"(, "next": "c"}, )" + do_c + "}")
            .empty());
  const std::string wait = R"({"id": "w", "type": "signal", "name": "s", "timeout": "1m")";
  CHECK(warnings(wait + R"(, "on_timeout": "b"}, )" + do_a + "}, " + do_b + "}") ==
        lines{"/nodes/1"});
  CHECK(warnings(wait + R"(, "on_timeout": "b"}, )" + do_b + "}").empty());
  // An edge that leads back begins no branch.
  CHECK(warnings(do_a + "}, " + do_b + "}, " + is_large + R"(, "else": "b"}, )" + do_c + "}")
            .empty());
}

TEST_CASE("no node type has a setting with the name of a link", "[short_form]") {
  for (const auto* type : node_types()) {
    for (const auto key : type->keys) {
      CAPTURE(type->name, key);
      CHECK(is_setting_key(key, type));
    }
  }
  for (const auto key : common_node_keys()) CHECK(is_setting_key(key, nullptr));
}

TEST_CASE("the short form leaves out what the order says", "[short_form]") {
  const auto short_nodes = [](const json& source) {
    return to_short_form(compile(source, test_version, {}).source)["nodes"];
  };
  CHECK(short_nodes(chain({start(), task("a"), end()})) ==
        parsed(R"([{"id": "start", "type": "start"}, {"id": "a", "type": "task",
                    "code_ref": "test.a"}, {"id": "end", "type": "end"}])"));
  const json if_large = flow_of({condition("large", var("n")), task("a"), task("b")},
                                {edge("large", "b", false), edge("large", "a", true),
                                 edge("a", "b"), edge_on("on_error", "a", "b", {"x"})});
  CHECK(short_nodes(if_large) ==
        parsed(R"([{"id": "large", "type": "condition", "expr": {"var": "n"}, "else": "b"},
                   {"id": "a", "type": "task", "code_ref": "test.a", "next": "b",
                    "on_error": [{"on": ["x"], "to": "b"}]},
                   {"id": "b", "type": "task", "code_ref": "test.b"}])"));
  const json odd =
      flow_of({node_of("a", "task", {{"code_ref", "x.a"}, {"next", 1}, {"x-y", 2}})}, {});
  CHECK(short_nodes(odd) == parsed(R"([{"id": "a", "type": "task", "code_ref": "x.a",
                    "data": {"next": 1, "x-y": 2}}])"));
}

TEST_CASE("random flows survive the short form", "[short_form][random]") {
  std::size_t implied = 0, written = 0;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    const json source = flow_generator{random}.make();
    const auto made = compile(source, test_version, {});
    CAPTURE(source.dump());
    REQUIRE(made.flow);
    const json brief = to_short_form(made.source);
    CAPTURE(brief.dump());
    const auto again = compile(brief, test_version, {});
    REQUIRE(again.flow);
    CHECK(to_json(again.source).dump() == to_json(grouped(made.source)).dump());
    for (const auto& each : again.diagnostics) CHECK(each.code != "implied_edge");
    CHECK(means_the_same(to_json(made.source), again.source));
    // The short form of a short form is the same, and so is that of what is stored.
    CHECK(to_short_form(again.source).dump() == brief.dump());
    CHECK(to_short_form(compile(to_json(again.source), test_version, {}).source) == brief);
    CHECK(json::parse(in_reading_order(brief).dump()) == brief);
    for (const auto& node : brief["nodes"]) {
      const bool is_written =
          node.contains("next") || node.contains("then") || node.contains("else");
      ++(is_written ? written : implied);
    }
  }
  CHECK(implied > written / 4);
  CHECK(written > 100);
}
