#include <pawl/detail/fair_budget.hpp>

#include <array>
#include <random>
#include <string>

#include "tests/support/catch.hpp"

using pawl::detail::fair_budget;

TEST_CASE("one holder can have half of a budget") {
  fair_budget pot{1000};
  for (int i = 0; i < 50; ++i) REQUIRE(pot.try_take("a", 10));
  CHECK_FALSE(pot.try_take("a", 10));
  CHECK(pot.used_by("a") == 500);
  pot.give_back("a", 10);
  CHECK(pot.try_take("a", 10));
}

TEST_CASE("a greedy holder leaves room for the next ones") {
  fair_budget pot{1000};
  while (pot.try_take("greedy", 1)) {
  }
  CHECK(pot.try_take("b", 100));
  CHECK(pot.try_take("c", 100));
  while (pot.try_take("b", 1)) {
  }
  CHECK(pot.used_by("b") >= 190);
  CHECK(pot.try_take("d", 50));
  CHECK_FALSE(pot.try_take("greedy", 1));
}

TEST_CASE("equal holders have equal shares") {
  fair_budget pot{4000};
  const std::array<std::string, 3> names{"a", "b", "c"};
  bool any = true;
  while (any) {
    any = false;
    for (const auto& name : names) any = pot.try_take(name, 1) || any;
  }
  for (const auto& name : names) CHECK(pot.used_by(name) == 1000);
}

TEST_CASE("an empty budget takes one item of any size") {
  fair_budget pot{100};
  CHECK(pot.try_take("a", 5000));
  CHECK_FALSE(pot.try_take("a", 1));
  CHECK_FALSE(pot.try_take("b", 1));
  pot.give_back("a", 5000);
  CHECK(pot.used() == 0);
  CHECK(pot.try_take("b", 1));
}

TEST_CASE("a holder that has nothing can take all that is free in one item") {
  fair_budget pot{100};
  REQUIRE(pot.try_take("a", 20));
  CHECK_FALSE(pot.try_take("a", 31));
  CHECK(pot.try_take("a", 30));
  CHECK_FALSE(pot.try_take("b", 51));
  CHECK(pot.try_take("b", 50));
  CHECK_FALSE(pot.try_take("c", 1));
}

TEST_CASE("what is taken without regard to a budget counts") {
  fair_budget pot{100};
  pot.take("a", 300);
  CHECK(pot.used() == 300);
  CHECK_FALSE(pot.try_take("b", 1));
  CHECK(pot.try_take("b", 0));
  pot.give_back("a", 300);
  CHECK(pot.used() == 0);
}

TEST_CASE("a budget never gives out more than it has, whatever is taken and given back") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random{seed};
  fair_budget pot{10'000};
  std::array<std::vector<std::uint64_t>, 5> taken;
  for (int i = 0; i < 20'000; ++i) {
    const auto who = random() % taken.size();
    const std::string name = std::to_string(who);
    if (random() % 2 == 0 && !taken[who].empty()) {
      pot.give_back(name, taken[who].back());
      taken[who].pop_back();
    } else if (const std::uint64_t bytes = 1 + random() % 3'000; pot.try_take(name, bytes)) {
      taken[who].push_back(bytes);
    }
    REQUIRE(pot.used() <= pot.most());
  }
  for (std::size_t who = 0; who < taken.size(); ++who)
    for (const auto bytes : taken[who]) pot.give_back(std::to_string(who), bytes);
  CHECK(pot.used() == 0);
}
