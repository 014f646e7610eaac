#include <set>

#include <pawl/detail/hex.hpp>
#include <pawl/detail/placement.hpp>

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::detail;

namespace {

const run_key root{default_scope(), run_id{"r1"}};

}  // namespace

// Stored keys and ids depend on these values: they never change.
TEST_CASE("the placement, hash and children's ids of a run never change", "[placement]") {
  CHECK(placement_of(root) == 50303);
  CHECK(to_hex(run_hash(root)) == "c47f62af7f8041e214b646f87cabd202");
  CHECK(child_run_id(root, "default/r1/s/1").str() == "sub-c47ff4471ebecf9bdc42d15217b4cdcc59a4");
}

TEST_CASE("a family has one placement, however deep it is", "[placement]") {
  run_key member = root;
  std::set<std::string> hashes{run_hash(root)};
  for (int depth = 0; depth < 5; ++depth) {
    member.id = child_run_id(member, "child " + std::to_string(depth));
    CHECK(placement_of(member) == placement_of(root));
    const auto hash = run_hash(member);
    CHECK(hash.size() == 16);
    CHECK(hash.substr(0, 2) == run_hash(root).substr(0, 2));
    CHECK(hashes.insert(hash).second);
  }
}

TEST_CASE("runs of other names and scopes are spread over the placements", "[placement]") {
  std::set<std::uint16_t> placements;
  for (int i = 0; i < 1'000; ++i)
    placements.insert(placement_of({root.scope, run_id{"r" + std::to_string(i)}}));
  CHECK(placements.size() > 950);
  CHECK(run_hash(root) != run_hash({scope_name{"other"}, root.id}));
}

TEST_CASE("an id that only looks like a child's has its own placement", "[placement]") {
  for (const char* const id : {"sub-0000", "sub-00000000000000000000000000000000000g",
                               "sub-000000000000000000000000000000000000000000"}) {
    const run_key run{root.scope, run_id{id}};
    CHECK(run_hash(run).substr(0, 2) == std::string{static_cast<char>(placement_of(run) >> 8),
                                                    static_cast<char>(placement_of(run) & 0xff)});
  }
}
