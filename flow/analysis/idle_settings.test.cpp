// Settings that change nothing, and keys that no rule can read.

#include "flow/testing/flows.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

json idle_section(json data, json inner) {
  return flow_of({start(), node_of("s", "section", std::move(data)), std::move(inner), task("z")},
                 {edge("start", "s"), edge_on("body", "s", "b"), edge_on("on_error", "s", "z")});
}

json idle_race(const char* losers, json one) {
  return flow_of({start(), std::move(one), task("b", {{"into", "b"}}),
                  node_of("j", "join", {{"wait_for", "any"}, {"losers", losers}})},
                 {edge("start", "a"), edge("start", "b"), edge("a", "j"), edge("b", "j")});
}

const json undoable_data{{"compensate", {{"code_ref", "undo"}}}, {"into", "a"}};

}  // namespace

TEST_CASE("a section that compensates no step causes a warning", "[soundness][section]") {
  const std::string at = "/nodes/1/data/";
  const json on_error{{"compensate", "on_error"}}, final{{"at_end", "final"}};
  CHECK(warnings_of(idle_section(on_error, task("b"))) ==
        lines{at + "compensate nothing_to_compensate"});
  CHECK(warnings_of(idle_section(final, task("b"))) == lines{at + "at_end nothing_to_compensate"});
  CHECK(warnings_of(idle_section(on_error, task("b", undoable_data))) == lines{});
  CHECK(warnings_of(idle_section(final, task("b", undoable_data))) == lines{});
  CHECK(warnings_of(idle_section(json::object(), task("b"))) == lines{});
  CHECK(message_of(idle_section(on_error, task("b")), "nothing_to_compensate") ==
        "no step of the body has \"compensate\", the call that undoes it, so \"compensate\" "
        "changes nothing");
}

TEST_CASE("a flow that compensates no step causes a warning", "[soundness][section]") {
  json flow{{"name", "f"},
            {"on_error", "help"},
            {"compensate", "on_error"},
            {"nodes",
             {{{"id", "a"}, {"type", "task"}, {"code_ref", "x"}, {"next", nullptr}},
              {{"id", "help"}, {"type", "end"}}}}};
  CHECK(warnings_of(flow) == lines{"/compensate nothing_to_compensate"});
  flow["nodes"][0]["compensate"] = {{"code_ref", "undo"}};
  CHECK(warnings_of(flow) == lines{});
}

TEST_CASE("a join that compensates no step causes a warning", "[soundness][join]") {
  CHECK(warnings_of(idle_race("compensate", task("a", {{"into", "a"}}))) ==
        lines{"/nodes/3/data/losers nothing_to_compensate"});
  CHECK(warnings_of(idle_race("compensate", task("a", undoable_data))) == lines{});
  CHECK(warnings_of(idle_race("keep", task("a", {{"into", "a"}}))) == lines{});
}

TEST_CASE("a key that no rule can read causes a warning", "[soundness]") {
  const auto of_set = [](const char* key) {
    return warnings_of(chain({start(), node_of("s", "set", {{"values", {{key, 1}}}})}));
  };
  CHECK(of_set("metadata") == lines{"/nodes/1/data/values/metadata hidden_key"});
  CHECK(of_set("run_id") == lines{"/nodes/1/data/values/run_id hidden_key"});
  CHECK(of_set("vars") == lines{});  // no variable hides it
  CHECK(of_set("meta") == lines{});
  CHECK(warnings_of(chain({start(), task("a", {{"into", "current_node"}})})) ==
        lines{"/nodes/1/data/into hidden_key"});
  json flow = chain({start(), task("a", {{"into", "vars"}})});
  flow["vars"] = {{"n", 1}};
  CHECK(warnings_of(flow) == lines{"/nodes/1/data/into hidden_key"});
}
