// Handlers, a deadline and compensation for a whole flow.
#include "flow/definition/flow_section.hpp"

#include "flow/definition/short_form.hpp"
#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "flow/testing/random_flow.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

/// a and b, and a handler h, with keys of the flow.
json handled(json keys) {
  const json undo{{"compensate", {{"code_ref", "undo.a"}}}};
  json flow = flow_of({start(), task("a", undo), task("b"), task("h")},
                      {edge("start", "a"), edge("a", "b")});
  flow.update(keys);
  return flow;
}

lines function_names(const driven_run& run) {
  lines names;
  for (const auto& [id, call] : run.calls()) names.push_back(call.code_ref);
  return names;
}

}  // namespace

TEST_CASE("a handler of a flow takes any error that its nodes do not take", "[flow_section]") {
  for (const bool compensates : {false, true}) {
    CAPTURE(compensates);
    driven_run run{
        handled({{"on_error", "h"}, {"compensate", compensates ? json("on_error") : json()}})};
    REQUIRE(run.begin());
    REQUIRE(run.finish("a", json{{"n", 1}}));
    CHECK(run.data() == json{{"n", 1}});
    CHECK(survives_restart(run));
    REQUIRE(run.finish("b", fail("broken", "no")));
    if (compensates) {
      CHECK(function_names(run) == lines{"undo.a"});
      CHECK(broken_invariant(run.state()) == "");
      REQUIRE(run.finish("a"));
    }
    CHECK(function_names(run) == lines{"test.h"});
    CHECK(run.data().at("error").at("node") == "b");
    REQUIRE(run.finish("h"));
    CHECK(run.status() == run_status::completed);
  }
}

TEST_CASE("a run without an error ends as without handlers", "[flow_section]") {
  driven_run run{handled({{"on_error", json::array({{{"on", "broken"}, {"to", "h"}}})}})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  auto fails = run;
  REQUIRE(run.finish("b"));
  CHECK(run.status() == run_status::completed);
  REQUIRE(fails.finish("b", fail("other", "no")));
  CHECK(function_names(fails) == lines{"undo.a"});
}

TEST_CASE("the deadline of a flow ends it", "[flow_section][timeout]") {
  driven_run caught{handled({{"timeout", "1h"}, {"on_timeout", "h"}})};
  REQUIRE(caught.begin());
  REQUIRE(caught.fire_timer());
  CHECK(function_names(caught) == lines{"test.h"});

  json flow = chain({start(), task("a")});
  flow["timeout"] = "1h";
  driven_run failed{flow};
  REQUIRE(failed.begin());
  REQUIRE(failed.fire_timer());
  CHECK(failed.status() == run_status::failed);
  CHECK(failed.state().error->type == "timed_out");
}

TEST_CASE("the keys that make a section of a flow are checked", "[flow_section][validation]") {
  CHECK(errors_of(handled({{"on_error", "h"}})).empty());
  CHECK(errors_of(handled({{"on_error", 7}})).front() == "/on_error wrong_type");
  CHECK(errors_of(handled({{"on_error", "x"}})) == lines{"/on_error dangling_edge"});
  CHECK(errors_of(handled({{"on_error", json::array({{{"to", "x"}}})}})) ==
        lines{"/on_error/0/to dangling_edge"});
  CHECK(errors_of(handled({{"on_error", json::array({{{"to", "h"}, {"at", 1}}})}})) ==
        lines{"/on_error/0/at unknown_key"});
  CHECK(
      errors_of(handled({{"on_error", json::array({{{"to", "h"}, {"into", nullptr}}})}})).front() ==
      "/on_error/0/into wrong_type");
  CHECK(errors_of(handled({{"on_error", json::array({{{"to", "h"}, {"on", 7}}})}})).front() ==
        "/on_error/0/on wrong_type");
  CHECK(errors_of(handled({{"on_error", json::array({{{"to", "h"}, {"when", "x"}}})}})) ==
        lines{"/on_error/0/when constant_rule"});
  CHECK(errors_of(handled({{"on_error", "h"}, {"timeout", "soon"}})) ==
        lines{"/timeout bad_duration"});
  CHECK(errors_of(handled({{"on_error", "b"}})).size() == 2);  // h is unreachable, b is in the body
  json flow = chain({start(), task("a")});
  flow["compensate"] = "on_error";
  CHECK(errors_of(flow) == lines{"/compensate never_taken"});
  json named = handled({{"on_error", "h"}});
  named["edges"].push_back(edge("a", "/"));
  CHECK(errors_of(named).front() == "/edges/2/target dangling_edge");
}

TEST_CASE("the section of a flow survives the canonical and the short form", "[flow_section]") {
  const json flow = handled(
      {{"on_error",
        json::array({{{"on", {"broken"}}, {"to", "h"}, {"into", "problem"}}, {{"to", "h"}}})},
       {"on_timeout", "h"},
       {"timeout", "1h"},
       {"compensate", "on_error"}});
  const auto made = compile(flow, test_version, {});
  CHECK(codes(made.diagnostics) == lines{});
  const json canonical = to_json(made.source);
  for (const auto key : flow_section_keys) {
    const auto found = flow.find(std::string{key});
    if (found != flow.end()) CHECK(canonical.at(std::string{key}) == *found);
  }
  CHECK(canonical.at("nodes").size() == 4);
  std::vector<diagnostic> diagnostics;
  CHECK(to_json(parse_definition(canonical, diagnostics)) == canonical);
  const json written = to_short_form(made.source);
  CHECK(written.at("nodes").size() == 4);
  const auto again = compile(written, test_version, {});
  CHECK(codes(again.diagnostics) == lines{});
  CHECK(to_json(grouped(again.source)) == to_json(grouped(made.source)));
}

TEST_CASE("a flow in the short form does not run into its handler", "[flow_section][short_form]") {
  json flow = json::parse(R"({"name": "test", "on_error": "h", "nodes": [
      {"id": "a", "type": "task", "code_ref": "f"},
      {"id": "h", "type": "task", "code_ref": "f"}]})");
  CHECK(errors_of(flow).front() == "/nodes/0 implied_edge");
  flow["nodes"][0]["next"] = nullptr;
  CHECK(errors_of(flow).empty());
}

TEST_CASE("random flows have sections around them", "[flow_section][random]") {
  std::size_t timed = 0, handled_errors = 0, compensated = 0;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    const json source = flow_generator{random}.make();
    if (!has_flow_section(source)) continue;
    const auto made = compile(source, test_version, {});
    CAPTURE(source.dump());
    REQUIRE(made.flow);
    CHECK(made.source.nodes.back().id == flow_section_id);
    const json stored = to_json(made.source);
    for (const auto key : flow_section_keys)
      CHECK(stored.contains(std::string{key}) == source.contains(std::string{key}));
    timed += source.contains("timeout") || source.contains("until") ? 1 : 0;
    handled_errors += source.contains("on_error") ? 1 : 0;
    compensated += source.contains("compensate") ? 1 : 0;
  }
  CHECK(timed > 10);
  CHECK(handled_errors > 10);
  CHECK(compensated > 5);
}
