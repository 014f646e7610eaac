#include "flow/testing/driven_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

json parallel(std::string id) {
  return node_of(std::move(id), "parallel");
}

}  // namespace

TEST_CASE("a parallel node needs two plain edges", "[parallel][validation]") {
  CHECK(errors_of(chain({start(), parallel("p")})) == lines{"/nodes/1 missing_edge"});
  CHECK(errors_of(chain({start(), parallel("p"), task("a")})) == lines{"/nodes/1 missing_edge"});
  json flow = chain({start(), parallel("p"), task("a")});
  flow["nodes"].push_back(task("b"));
  flow["edges"].push_back(edge("p", "b", var("x")));
  CHECK(errors_of(flow) == lines{"/nodes/1 missing_edge"});
  flow["edges"].back() = edge("p", "b");
  CHECK(errors_of(flow) == lines{});
  flow["edges"].push_back(edge_on("on_error", "p", "b"));
  CHECK(errors_of(flow) == lines{"/edges/3/data/on_error never_taken"});
}

TEST_CASE("a parallel node starts a branch for each of its edges", "[parallel]") {
  driven_run run{flow_of({start(), parallel("p"), task("a"), task("b"), task("c")},
                         {edge("start", "p"), edge("p", "a"), edge("p", "b"), edge("p", "c")})};
  REQUIRE(run.begin());
  CHECK(run.waiting_at() == lines{"a", "b", "c"});
  CHECK(run.story("forked") == lines{"forked p 1.1"});
  for (const char* node : {"c", "a", "b"}) REQUIRE(run.finish(node, json{{node, 1}}));
  CHECK(run.status() == run_status::completed);
  CHECK(run.data() == json{{"a", 1}, {"b", 1}, {"c", 1}});
}

TEST_CASE("a conditional edge of a parallel node takes precedence over its branches",
          "[parallel]") {
  json flow = flow_of(
      {start(), parallel("p"), task("a"), task("b"), task("alone")},
      {edge("start", "p"), edge("p", "alone", var("small")), edge("p", "a"), edge("p", "b")});
  driven_run small{flow}, large{flow};
  REQUIRE(small.begin({{"small", true}}));
  CHECK(small.waiting_at() == lines{"alone"});
  REQUIRE(large.begin());
  CHECK(large.waiting_at() == lines{"a", "b"});
}
