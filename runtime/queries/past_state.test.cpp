#include "runtime/queries/past_state.hpp"

#include <string>

#include "tests/support/catch.hpp"

using namespace pawl;

TEST_CASE("a difference has the changes with the values before and after", "[diff]") {
  const json from{{"data", {{"a", 1}, {"b", {1, 2, 3}}, {"gone", true}}}};
  const json to{{"data", {{"a", 2}, {"b", {1, 9}}, {"new/key", "x"}}}};
  const auto diff = difference(from, to);
  CHECK_FALSE(diff.left_out);
  for (const auto& change : diff.changes) {
    CAPTURE(change.op, change.path);
    const json::json_pointer place{change.path};
    if (change.op != "add") CHECK(change.before == from.at(place));
    if (change.op == "remove") {
      CHECK(change.value.is_null());
    } else {
      CHECK(change.value == to.at(place));
    }
  }
  json patch = json::array();
  for (const auto& change : diff.changes)
    patch.push_back({{"op", change.op}, {"path", change.path}, {"value", change.value}});
  CHECK(from.patch(patch) == to);
}

TEST_CASE("a difference is bounded, and none between equal states", "[diff]") {
  json from = json::object(), to = json::object();
  for (int i = 0; i < 20; ++i) to["k" + std::to_string(i)] = i;
  const auto diff = difference(from, to, 5);
  CHECK(diff.changes.size() == 5);
  CHECK(diff.left_out);
  CHECK(difference(to, to).changes.empty());
}
