#include "server/live/log_ring.hpp"

#include <pawl/detail/utf8.hpp>

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::server;

namespace {

log_line logged(const std::string& run, const std::string& message) {
  return {{default_scope(), run_id{run}}, {}, "info", "n", 1, 1, message};
}

}  // namespace

TEST_CASE("the newest lines of a run are kept in order", "[logs]") {
  log_ring ring{std::size_t{1} << 20};
  for (int i = 0; i < 5; ++i) {
    ring.add(logged("a", std::to_string(i)));
    ring.add(logged("b", "other"));
  }
  const auto lines = ring.lines({default_scope(), run_id{"a"}}, 3);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].message == "2");
  CHECK(lines[2].message == "4");
  CHECK(ring.lines({scope_name{"other"}, run_id{"a"}}, 3).empty());
}

TEST_CASE("the oldest lines of all runs are dropped when the memory is full", "[logs]") {
  log_ring ring{10'000};
  for (int i = 0; i < 1000; ++i)
    ring.add(logged("run-" + std::to_string(i % 7), std::string(100, 'x')));
  std::size_t kept = 0;
  for (int i = 0; i < 7; ++i)
    kept += ring.lines({default_scope(), run_id{"run-" + std::to_string(i)}}, 1000).size();
  CHECK(kept > 7);
  CHECK(kept < 100);
}

TEST_CASE("the lines of a scope are not displaced by those of another", "[logs]") {
  log_ring ring{10'000};
  const run_key quiet{scope_name{"quiet"}, run_id{"r"}};
  for (int i = 0; i < 3; ++i) ring.add({quiet, {}, "info", "n", 1, 1, std::to_string(i)});
  for (int i = 0; i < 1000; ++i)
    ring.add(logged("run-" + std::to_string(i % 7), std::string(100, 'x')));
  const auto kept = ring.lines(quiet, 10);
  REQUIRE(kept.size() == 3);
  CHECK(kept[0].message == "0");
}

TEST_CASE("an oversized line is cut between two characters", "[logs]") {
  log_ring ring{std::size_t{1} << 20};
  for (const std::string start : {"", "x", "xy", "xyz"}) {
    std::string message = start;
    while (message.size() < 100'000) message += "\xf0\x9f\x98\x80";
    ring.add(logged("a", message));
    const auto lines = ring.lines({default_scope(), run_id{"a"}}, 1);
    REQUIRE(lines.size() == 1);
    CHECK(detail::valid_utf8_prefix(lines[0].message) == lines[0].message.size());
    CHECK(lines[0].message.ends_with("\xf0\x9f\x98\x80…"));
  }
}

TEST_CASE("an oversized line is truncated", "[logs]") {
  log_ring ring{std::size_t{1} << 20};
  ring.add(logged("a", std::string(500'000, 'x')));
  const auto lines = ring.lines({default_scope(), run_id{"a"}}, 1);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].message.size() < 70'000);
}
