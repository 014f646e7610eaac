#include "actors/flow_heads.hpp"

#include <string>

#include "tests/support/catch.hpp"

using namespace pawl;
using actors::flow_heads;

namespace {

const scope_name in{"s"};
const flow_name name{"f"};

persistence::flow_head head_of(std::uint32_t major) {
  return {version{major, 0, 0}, version{major, 0, 0}};
}

}  // namespace

TEST_CASE("a head that was put is found until it changes", "[flow_heads]") {
  flow_heads heads;
  CHECK_FALSE(heads.find(in, name));
  heads.put(heads.begin_read(), in, name, head_of(1));
  REQUIRE(heads.find(in, name));
  CHECK(heads.find(in, name)->latest == version{1, 0, 0});
  CHECK_FALSE(heads.find(scope_name{"t"}, name));
  CHECK_FALSE(heads.find(in, flow_name{"g"}));
  heads.begin_change(in, name);
  CHECK_FALSE(heads.find(in, name));
  heads.end_change();
  CHECK_FALSE(heads.find(in, name));
}

TEST_CASE("a head that was read around a change is not kept", "[flow_heads]") {
  flow_heads heads;
  const auto before = heads.begin_read();
  heads.begin_change(in, name);
  const auto during = heads.begin_read();
  heads.put(before, in, name, head_of(1));
  heads.put(during, in, name, head_of(1));
  CHECK(heads.size() == 0);
  heads.end_change();
  heads.put(before, in, name, head_of(1));
  heads.put(during, in, name, head_of(1));
  CHECK(heads.size() == 0);
  heads.put(heads.begin_read(), in, name, head_of(2));
  CHECK(heads.find(in, name)->latest == version{2, 0, 0});
}

TEST_CASE("a change of a flow keeps the heads of others", "[flow_heads]") {
  flow_heads heads;
  heads.put(heads.begin_read(), in, name, head_of(1));
  heads.begin_change(in, flow_name{"g"});
  CHECK(heads.find(in, name));
  heads.end_change();
  CHECK(heads.find(in, name));
}

TEST_CASE("heads that were not used for long are dropped", "[flow_heads]") {
  flow_heads heads;
  const auto numbered = [](std::size_t i) { return flow_name{"f" + std::to_string(i)}; };
  const auto now = heads.begin_read();
  for (std::size_t i = 0; i < flow_heads::max_size; ++i)
    heads.put(now, in, numbered(i), head_of(1));
  CHECK(heads.find(in, numbered(0)));
  heads.put(now, in, numbered(flow_heads::max_size), head_of(1));
  CHECK(heads.size() == flow_heads::max_size);
  CHECK(heads.find(in, numbered(0)));
  CHECK_FALSE(heads.find(in, numbered(1)));
}
