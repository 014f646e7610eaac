#include "actors/activity_table.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using namespace pawl;
using actors::activity_table;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

const scope_name in_a{"a"};
const time_point noon = from_unix_us(1'800'000'000'000'000);  // the beginning of a minute

activity_counts steps(std::uint64_t count) {
  activity_counts some;
  some.steps = count;
  return some;
}

std::vector<std::uint64_t> steps_in(const activity& series) {
  std::vector<std::uint64_t> all;
  for (const auto& each : series.minutes) all.push_back(each.steps);
  return all;
}

using numbers = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("activity is counted in the minute in which it happened") {
  activity_table table;
  table.begin(noon - minutes{7});
  table.begin(noon);
  table.add(in_a, noon, steps(1));
  table.add(in_a, noon + seconds{59}, steps(2));
  table.add(in_a, noon + minutes{2}, steps(4));
  table.add(in_a, noon + minutes{1}, steps(8));  // late
  table.add(in_a, noon + minutes{1}, steps(16));
  table.add(scope_name{"b"}, noon, steps(100));
  const auto series = table.read(in_a, noon + minutes{3} + seconds{5}, 5);
  CHECK(series.since == noon - minutes{7});
  CHECK(series.from == noon - minutes{1});
  CHECK(steps_in(series) == numbers{0, 3, 24, 4, 0});
  CHECK(steps_in(table.read(in_a, noon + minutes{2}, 1)) == numbers{4});
  // The clock was set back.
  CHECK(steps_in(table.read(in_a, noon + minutes{1}, 2)) == numbers{3, 24});
  CHECK(steps_in(table.read(scope_name{"none"}, noon, 2)) == numbers{0, 0});
}

TEST_CASE("the memory for activity is bounded") {
  activity_table table;
  for (std::size_t i = 0; i < max_activity_minutes + 5; ++i)
    table.add(in_a, noon + minutes{i}, steps(1));
  const auto all = steps_in(
      table.read(in_a, noon + minutes{max_activity_minutes + 4}, max_activity_minutes + 5));
  CHECK(all.front() == 0);
  CHECK(std::count(all.begin(), all.end(), 1) == static_cast<std::ptrdiff_t>(max_activity_minutes));
  const time_point later = noon + minutes{1000};
  for (std::size_t i = 0; i < max_activity_scopes; ++i)
    table.add(scope_name{"s" + std::to_string(i)}, later, steps(1));
  // The scope that was idle for longest was dropped.
  CHECK(steps_in(table.read(in_a, noon + minutes{400}, 50)) == numbers(50));
  CHECK(steps_in(table.read(scope_name{"s0"}, later, 1)) == numbers{1});
}
