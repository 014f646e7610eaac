#include "flow/testing/driven_run.hpp"
#include "flow/values/value_check.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

json setting(json values) {
  return node_of("s", "set", {{"values", std::move(values)}});
}

std::vector<std::string> errors_with(json data) {
  return errors_of(chain({start(), node_of("s", "set", std::move(data))}));
}

}  // namespace

TEST_CASE("a set node needs an object of valid rules", "[set][validation]") {
  CHECK(errors_with(json::object()) == lines{"/nodes/1/data missing_key"});
  CHECK(errors_with({{"values", nullptr}}) == lines{"/nodes/1/data missing_key"});
  CHECK(errors_with({{"values", 7}}) == lines{"/nodes/1/data/values wrong_type"});
  CHECK(errors_with({{"values", {{"a/b", {{"!", {{"wat", 1}}}}}}}}) ==
        lines{"/nodes/1/data/values/a~1b/!/wat unknown_operator"});
  CHECK(errors_with({{"values", json::object()}}) == lines{});
  CHECK(errors_with({{"values", {{"a", nullptr}}}}) == lines{});
}

TEST_CASE("a key with a dot, which no path reads, causes a warning", "[set][validation]") {
  const auto with = [](const char* key) {
    return chain({start(), node_of("s", "set", {{"values", {{key, 1}}}}), end()});
  };
  CHECK(warnings_of(with("order.total")) == lines{"/nodes/1/data/values/order.total dotted_key"});
  CHECK(message_of(with("order.total"), "dotted_key") ==
        "node \"s\": this writes the one key \"order.total\", which {\"var\":\"order.total\"} does "
        "not read; to "
        "set a member, write \"order\": {\"put\": [{\"var\":\"order\"}, [\"total\"], …]}, and to "
        "read "
        "this key {\"val\":[\"order.total\"]}");
  CHECK(mentions(message_of(with("a.b.c"), "dotted_key"), "{\"put\": …} sets a member"));
  CHECK(warnings_of(with("total")) == lines{});
  CHECK(warnings_of(chain({start(), task("a", {{"into", "a.b"}})})) ==
        lines{"/nodes/1/data/into dotted_key"});
  CHECK(warnings_of(flow_of({start(), node_of("m", "map", {{"items", var("x")}, {"as", "a.b"}}),
                             task("i"), task("z")},
                            {edge("start", "m"), edge_on("each", "m", "i"), edge("m", "z")})) ==
        lines{"/nodes/1/data/as dotted_key"});
}

TEST_CASE("data that is repeatedly stored in itself reaches the depth limit", "[set][limits]") {
  driven_run run{
      flow_of({node_of("s", "set", {{"values", {{"a", var("")}}}, {"max_visits", 5000}}), end()},
              {edge("s", "end", {{"==", {var("done"), 1}}}), edge("s", "s")})};
  REQUIRE(run.begin());
  run.settle();
  REQUIRE(run.status() == run_status::failed);
  CHECK(run.state().error->message == "the value of the rule is nested deeper than 1000 levels");
  CHECK(check_value(run.data().at("a"), "it"));
}

TEST_CASE("a set node stores the results of its rules without a call", "[set]") {
  driven_run run{chain({start(),
                        setting({{"sum", {{"+", {var("a"), var("b")}}}},
                                 {"a", {{"*", {var("a"), 10}}}},
                                 {"none", nullptr},
                                 {"word", "as it is"}}),
                        end()})};
  REQUIRE(run.begin({{"a", 2}, {"b", 3}}));
  CHECK(run.status() == run_status::completed);
  CHECK(run.data() == json{{"a", 20},
                           {"b", 3},
                           {"sum", 5},
                           {"none", nullptr},
                           {"word", "as it is"}});  // `sum` saw the old `a`
  CHECK(run.story("step") == lines{"step_started s 1.1", "step_finished s 1.1"});
}

TEST_CASE("in a branch a set node writes only to that branch", "[set]") {
  driven_run run{flow_of({start(), setting({{"x", 1}}), task("other")},
                         {edge("start", "s"), edge("start", "other")})};
  REQUIRE(run.begin());
  CHECK(run.data() == json::object());
  REQUIRE(run.finish("other"));
  CHECK(run.data() == json{{"x", 1}});
}

TEST_CASE("a failing rule fails the run and stores nothing", "[set]") {
  driven_run run{
      chain({start(), setting({{"a", 1}, {"b", {{"*", json::array()}}}}), task("never")})};
  REQUIRE(run.begin());
  CHECK(run.status() == run_status::failed);
  REQUIRE(run.state().error);
  CHECK(run.state().error->node == "s");
  CHECK(run.data() == json::object());
  CHECK(run.story("step").back() == "step_failed s 1.1");
}
