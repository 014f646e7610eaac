#include "actors/lease_table.hpp"

#include "tests/support/catch.hpp"

using namespace pawl;
using actors::lease;
using actors::lease_table;
using namespace std::chrono_literals;

namespace {

constexpr actors::steady_time start{};

persistence::keys::task_key task(const char* run) {
  return {{scope_name{"default"}, run_id{run}}, 1};
}

lease lease_of(std::uint64_t number, std::chrono::milliseconds length) {
  lease made;
  made.number = number;
  made.length = length;
  return made;
}

}  // namespace

TEST_CASE("a lease is found by its task and number", "[dispatcher]") {
  lease_table leases;
  CHECK(leases.put(task("a"), lease_of(7, 10ms), start) == start + 10ms);
  REQUIRE(leases.find(task("a"), 7) != nullptr);
  CHECK(leases.find(task("a"), 8) == nullptr);
  CHECK(leases.find(task("b"), 7) == nullptr);
  leases.erase(task("a"));
  leases.erase(task("a"));
  CHECK(leases.find(task("a"), 7) == nullptr);
  CHECK_FALSE(leases.next_end());
}

TEST_CASE("leases end in the order of their times", "[dispatcher]") {
  lease_table leases;
  leases.put(task("late"), lease_of(1, 30ms), start);
  leases.put(task("early"), lease_of(2, 10ms), start);
  CHECK(leases.next_end() == start + 10ms);
  CHECK_FALSE(leases.first_ended(start + 9ms));
  CHECK(leases.first_ended(start + 10ms) == task("early"));
  leases.erase(task("early"));
  CHECK_FALSE(leases.first_ended(start + 29ms));
  CHECK(leases.first_ended(start + 31ms) == task("late"));
}

TEST_CASE("a renewed lease lasts for its length again", "[dispatcher]") {
  lease_table leases;
  leases.put(task("a"), lease_of(1, 10ms), start);
  leases.renew(task("a"), start + 8ms);
  CHECK_FALSE(leases.first_ended(start + 17ms));
  CHECK(leases.first_ended(start + 18ms) == task("a"));
  leases.at(task("a")).expired = true;
  CHECK(leases.find(task("a"), 1)->expired);
}

TEST_CASE("a new lease of a task replaces the old one", "[dispatcher]") {
  lease_table leases;
  leases.put(task("a"), lease_of(1, 10ms), start);
  leases.put(task("a"), lease_of(2, 50ms), start);
  CHECK(leases.find(task("a"), 1) == nullptr);
  CHECK(leases.next_end() == start + 50ms);
  int count = 0;
  leases.for_each([&](const auto&, const lease& l) {
    CHECK(l.number == 2);
    ++count;
  });
  CHECK(count == 1);
}
