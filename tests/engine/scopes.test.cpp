// The list of the scopes of an engine.

#include <pawl/scopes.hpp>

#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> scopes_of(const engine& e, const scope_list_options& how = {}) {
  const auto page = engine_scopes{e.scope()}.list(how);
  REQUIRE(page);
  std::vector<std::string> names;
  for (const auto& each : page->scopes) names.push_back(each.str());
  return names;
}

using strings = std::vector<std::string>;

}  // namespace

TEST_CASE("the scopes with flows or runs are listed, and the default scope", "[engine][scopes]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  CHECK(scopes_of(e) == strings{"default"});
  for (const auto* name : {"acme", "acme-2", "zoo"}) {
    const auto in = e.scope(name);
    REQUIRE(in);
    REQUIRE(in->put_flow(single("f", "set", {{"values", {{"a", 1}}}})));
    if (std::string_view{name} == "zoo") continue;
    REQUIRE(in->runs().start_and_wait("f", json::object(), 10s));
    REQUIRE(in->put_flow(single("g", "set", {{"values", {{"a", 1}}}})));
  }
  REQUIRE(e.scope("unused"));
  CHECK(scopes_of(e) == strings{"acme", "acme-2", "default", "zoo"});

  const auto first = engine_scopes{e.scope()}.list({.limit = 3});
  REQUIRE(first);
  CHECK(first->scopes.size() == 3);
  CHECK(first->next == "default");
  CHECK(scopes_of(e, {.limit = 3, .after = first->next}) == strings{"zoo"});
  CHECK_FALSE(engine_scopes{e.scope()}.list({.limit = 0}));
}
