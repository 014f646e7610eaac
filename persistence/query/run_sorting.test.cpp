#include "persistence/query/run_sorting.hpp"

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;

TEST_CASE("an order of runs is written and parsed", "[query]") {
  for (const char* const text :
       {"newest", "oldest", "finished_last", "finished_first", "updated_last", "updated_first",
        "attr.total", "-attr.order.id_2"}) {
    CAPTURE(text);
    const auto parsed = parse_run_sorting(text);
    REQUIRE(parsed);
    CHECK(to_string(*parsed) == text);
  }
  CHECK(*parse_run_sorting("-attr.total") == run_sorting{run_order::by_attribute_reverse, "total"});
  for (const char* const text : {"", "new", "attr.", "attr", "-newest", "attr.a b", "total"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_run_sorting(text));
  }
  CHECK(all_run_orders() ==
        "newest, oldest, finished_last, finished_first, updated_last, updated_first, attr.NAME, "
        "-attr.NAME");
}

TEST_CASE("an order by attribute needs a name, the others have none", "[query]") {
  CHECK(check_run_sorting({run_order::by_attribute, "total"}));
  CHECK(check_run_sorting({run_order::oldest, ""}));
  CHECK_FALSE(check_run_sorting({run_order::by_attribute, ""}));
  const auto refused = check_run_sorting({run_order::oldest, "total"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "the order oldest has no attribute");
}
