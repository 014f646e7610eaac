#include "actors/fair_queue.hpp"

#include <random>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using namespace pawl;          // NOLINT
using namespace pawl::actors;  // NOLINT

namespace {

using queue = fair_queue<std::string>;

/// Pops everything that may begin.
std::vector<std::string> pop_all(queue& from) {
  std::vector<std::string> all;
  while (auto next = from.pop()) all.push_back(*std::move(next));
  return all;
}

using items = std::vector<std::string>;

}  // namespace

TEST_CASE("scopes take turns, and within a scope its flows, in the order of their calls") {
  queue q{100, 0};
  std::uint64_t rank = 0;
  for (const auto* item : {"a1", "a2", "a3"}) q.push("s", "a", ++rank, item);
  for (const auto* item : {"b1", "b2"}) q.push("s", "b", ++rank, item);
  for (const auto* item : {"c1", "c2"}) q.push("t", "c", ++rank, item);
  CHECK(q.size() == 7);
  CHECK(pop_all(q) == items{"a1", "c1", "b1", "c2", "a2", "b2", "a3"});
  CHECK(q.empty());
  CHECK(q.used() == 7);
}

TEST_CASE("the scope that holds the fewest places is next") {
  queue q{4, 0};
  q.take("s", 3);
  q.push("s", "f", 1, "s1");
  q.push("t", "f", 1, "t1");
  q.push("t", "f", 2, "t2");
  CHECK(pop_all(q) == items{"t1"});
  q.release("s");
  CHECK(pop_all(q) == items{"t2"});
  q.release("s");
  CHECK(pop_all(q) == items{"s1"});
}

TEST_CASE("a scope that holds all places does not keep out one that holds none") {
  queue q{4, reserve_for(4)};
  for (int i = 0; i < 4; ++i) CHECK(q.try_take("s"));
  CHECK_FALSE(q.try_take("s"));
  CHECK(q.try_take("t"));
  CHECK_FALSE(q.try_take("t"));
  CHECK_FALSE(q.try_take("u"));  // the reserve is used up
  CHECK(q.used() == 5);
}

TEST_CASE("a larger reserve leaves something for each further scope") {
  queue q{16, reserve_for(16)};
  q.take("s", 16);
  const auto taken_by = [&](const char* scope) {
    int count = 0;
    while (q.try_take(scope)) ++count;
    return count;
  };
  CHECK(taken_by("s") == 0);
  CHECK(taken_by("t") == 2);
  CHECK(taken_by("u") == 1);
  CHECK(taken_by("v") == 1);
  CHECK(taken_by("w") == 0);
}

TEST_CASE("an item can leave the queue at any time") {
  queue q{1, 0};
  const auto first = q.push("s", "f", 1, "1");
  const auto second = q.push("s", "f", 2, "2");
  const auto other = q.push("t", "g", 1, "3");
  CHECK(q.erase(first) == "1");
  CHECK(q.erase(other) == "3");
  CHECK(pop_all(q) == items{"2"});
  q.release("s");
  CHECK(q.used() == 0);
  static_cast<void>(second);
}

TEST_CASE("with random operations nothing is lost, and the limits hold") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random{seed};
  const auto below = [&](std::uint32_t n) {
    return std::uniform_int_distribution{0u, n - 1}(random);
  };
  constexpr std::uint64_t limit = 7;
  queue q{limit, reserve_for(limit)};
  std::map<std::string, queue::position> waiting;
  std::vector<std::string> held;  // scopes
  std::uint64_t rank = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string scope(1, static_cast<char>('a' + below(4)));
    switch (below(4)) {
      case 0: {
        const auto item = scope + std::to_string(++rank);
        waiting.emplace(item, q.push(scope, std::to_string(below(3)), rank, item));
        break;
      }
      case 1:
        if (!waiting.empty()) {
          const auto chosen =
              std::next(waiting.begin(), below(static_cast<std::uint32_t>(waiting.size())));
          CHECK(q.erase(chosen->second) == chosen->first);
          waiting.erase(chosen);
        }
        break;
      case 2:
        if (!held.empty()) {
          std::swap(held[below(static_cast<std::uint32_t>(held.size()))], held.back());
          q.release(held.back());
          held.pop_back();
        }
        break;
      default:
        if (const auto next = q.pop()) {
          CHECK(waiting.erase(*next) == 1);
          held.push_back(next->substr(0, 1));
        }
    }
    REQUIRE(q.size() == waiting.size());
    REQUIRE(q.used() == held.size());
    REQUIRE(q.used() <= limit + reserve_for(limit));
    if (q.used() < limit && !waiting.empty()) {
      // Who waits could have begun: `pop` would have given it a place.
      const auto next = q.pop();
      REQUIRE(next);
      CHECK(waiting.erase(*next) == 1);
      held.push_back(next->substr(0, 1));
    }
  }
}

TEST_CASE("an item knows how many of its flow are served before it") {
  queue q{100, 0};
  q.push("s", "other", 1, "o1");
  q.push("s", "a", 2, "a1");
  q.push("s", "a", 3, "a2");
  const auto third = q.push("s", "a", 4, "a3");
  CHECK(q.ahead_of(third, 10) == 2);
  CHECK(q.ahead_of(third, 1) == 1);  // counted no further
  while (auto next = q.pop())
    if (*next == "a2") break;
  CHECK(q.ahead_of(third, 10) == 0);
}
