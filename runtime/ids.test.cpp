#include "runtime/ids.hpp"

#include <set>

#include "tests/support/catch.hpp"

using namespace pawl;

// Runs of earlier versions are found by these ids: they never change.
TEST_CASE("the run id of an idempotency key never changes") {
  CHECK(id_of_key("order-17").str() == "key:order-17");
  CHECK(id_of_key("a b/c:d").str() == "key:a:20b:2fc:3ad");
  CHECK(id_of_key("\xc3\xa4").str() == "key::c3:a4");
  const std::string long_key(512, 'k');
  CHECK(id_of_key(long_key).str() ==
        "key:" + std::string(90, 'k') + "::789a49fcfe20dccddb0f9266345989ae");
}

TEST_CASE("different keys have different run ids, each of a valid length") {
  std::set<run_id> ids;
  for (std::size_t length = 100; length <= 512; ++length) {
    for (const char last : {'a', 'b', '/', ':'}) {
      const run_id id = id_of_key(std::string(length - 1, 'k') + last);
      CHECK(parse_run_id(id.str()));
      ids.insert(id);
    }
  }
  CHECK(ids.size() == 413 * 4);
}
