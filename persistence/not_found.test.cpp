#include "persistence/not_found.hpp"

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;

TEST_CASE("a missing run, flow or version is named in one form") {
  CHECK(no_such_run(run_id{"k1"}) == error{errc::not_found, "no such run: k1"});
  CHECK(no_such_flow(flow_name{"order"}) == error{errc::not_found, "no such flow: order"});
  CHECK(no_such_version({flow_name{"order"}, {1, 0, 2}}) ==
        error{errc::not_found, "no such version: order@1.0.2"});
}
