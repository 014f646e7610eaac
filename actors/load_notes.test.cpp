#include "actors/load_notes.hpp"

#include <algorithm>

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::actors;

TEST_CASE("a run that is being loaded is noted, and forgotten after that", "[load_notes]") {
  std::array<load_notes::slot, 2> slots{};
  const load_notes notes{slots};
  {
    const auto note = notes.take({default_scope(), run_id{"order-17"}});
    CHECK(slots[0].written.load() == 1);
    CHECK(std::string_view{slots[0].run.data()} == "order-17");
  }
  CHECK(slots[0].taken.load() == 0);
  CHECK(slots[0].written.load() == 0);
  const auto is_zero = [](char c) { return c == 0; };
  CHECK(std::all_of(slots[0].run.begin(), slots[0].run.end(), is_zero));
  CHECK(std::all_of(slots[0].scope.begin(), slots[0].scope.end(), is_zero));
}
