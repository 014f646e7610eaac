#include "actors/flow_heads.hpp"

#include <string>

#include "tests/support/catch.hpp"

using namespace pawl;
using actors::flow_heads;

namespace {

const scope_name heads_scope{"s"};
const flow_name heads_flow{"f"};

persistence::flow_head head_of(std::uint32_t major) {
  return {version{major, 0, 0}, version{major, 0, 0}};
}

}  // namespace

TEST_CASE("a head that was put is found until it changes", "[flow_heads]") {
  flow_heads heads;
  CHECK_FALSE(heads.find(heads_scope, heads_flow));
  heads.put(heads.begin_read(), heads_scope, heads_flow, head_of(1));
  REQUIRE(heads.find(heads_scope, heads_flow));
  CHECK(heads.find(heads_scope, heads_flow)->latest == version{1, 0, 0});
  CHECK_FALSE(heads.find(scope_name{"t"}, heads_flow));
  CHECK_FALSE(heads.find(heads_scope, flow_name{"g"}));
  heads.begin_change(heads_scope, heads_flow);
  CHECK_FALSE(heads.find(heads_scope, heads_flow));
  heads.end_change();
  CHECK_FALSE(heads.find(heads_scope, heads_flow));
}

TEST_CASE("a head that was read around a change is not kept", "[flow_heads]") {
  flow_heads heads;
  const auto before = heads.begin_read();
  heads.begin_change(heads_scope, heads_flow);
  const auto during = heads.begin_read();
  heads.put(before, heads_scope, heads_flow, head_of(1));
  heads.put(during, heads_scope, heads_flow, head_of(1));
  CHECK(heads.size() == 0);
  heads.end_change();
  heads.put(before, heads_scope, heads_flow, head_of(1));
  heads.put(during, heads_scope, heads_flow, head_of(1));
  CHECK(heads.size() == 0);
  heads.put(heads.begin_read(), heads_scope, heads_flow, head_of(2));
  CHECK(heads.find(heads_scope, heads_flow)->latest == version{2, 0, 0});
}

TEST_CASE("a change of a flow keeps the heads of others", "[flow_heads]") {
  flow_heads heads;
  heads.put(heads.begin_read(), heads_scope, heads_flow, head_of(1));
  heads.begin_change(heads_scope, flow_name{"g"});
  CHECK(heads.find(heads_scope, heads_flow));
  heads.end_change();
  CHECK(heads.find(heads_scope, heads_flow));
}

TEST_CASE("heads that were not used for long are dropped", "[flow_heads]") {
  flow_heads heads;
  const auto numbered = [](std::size_t i) { return flow_name{"f" + std::to_string(i)}; };
  const auto now = heads.begin_read();
  for (std::size_t i = 0; i < flow_heads::max_size; ++i)
    heads.put(now, heads_scope, numbered(i), head_of(1));
  CHECK(heads.find(heads_scope, numbered(0)));
  heads.put(now, heads_scope, numbered(flow_heads::max_size), head_of(1));
  CHECK(heads.size() == flow_heads::max_size);
  CHECK(heads.find(heads_scope, numbered(0)));
  CHECK_FALSE(heads.find(heads_scope, numbered(1)));
}
