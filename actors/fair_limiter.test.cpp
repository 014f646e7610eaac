#include "actors/fair_limiter.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

using namespace pawl;          // NOLINT
using namespace pawl::actors;  // NOLINT

namespace {

using place = fair_limiter::place;

const scope_name one{"one"};
const scope_name two{"two"};
const flow_name flow{"f"};

/// One who waits for a place.
struct waiter {
  waiter(fair_limiter& of, const scope_name& scope, const flow_name& name = flow)
      : own(of.take_or_wait(scope, name, [this] { ++woken; })) {}
  std::atomic<int> woken{0};
  place own;
};

}  // namespace

TEST_CASE("for each place that becomes free, exactly one of those who wait is woken") {
  fair_limiter limiter{8};
  std::vector<place> taken;
  for (int i = 0; i < 8; ++i) taken.push_back(limiter.try_take(one));
  std::vector<std::unique_ptr<waiter>> waiting;
  for (int i = 0; i < 20'000; ++i) waiting.push_back(std::make_unique<waiter>(limiter, one));
  CHECK(limiter.now().waiting == 20'000);
  CHECK(limiter.now().woken == 0);
  std::size_t freed = 0;
  for (; freed < 8; ++freed) taken[freed].release();
  CHECK(limiter.now().woken == 8);
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    REQUIRE(waiting[i]->woken == 1);
    REQUIRE(waiting[i]->own.taken());
    waiting[i]->own.release();
    ++freed;
    REQUIRE(limiter.now().woken == std::min<std::size_t>(freed, 20'000));
  }
  CHECK(limiter.now().used == 0);
}

TEST_CASE("a waiter that has left is not woken, and an unused place goes to the next one") {
  fair_limiter limiter{1};
  auto taken = limiter.try_take(one);
  auto leaves = std::make_unique<waiter>(limiter, one);
  auto second = std::make_unique<waiter>(limiter, one);
  waiter third{limiter, one};
  leaves.reset();
  CHECK(limiter.now().waiting == 2);
  taken.release();
  CHECK(second->woken == 1);
  CHECK(third.woken == 0);
  second.reset();  // woken, but it crashes before it uses the place
  CHECK(third.woken == 1);
  CHECK(third.own.taken());
  CHECK(limiter.now().used == 1);
}

TEST_CASE("flows of a scope take turns for the places") {
  fair_limiter limiter{1};
  auto taken = limiter.try_take(one);
  std::vector<std::unique_ptr<waiter>> busy;
  for (int i = 0; i < 100; ++i) busy.push_back(std::make_unique<waiter>(limiter, one));
  waiter other{limiter, one, flow_name{"g"}};
  taken.release();
  CHECK(busy[0]->woken == 1);
  busy[0]->own.release();
  CHECK(other.woken == 1);
}

TEST_CASE("a scope that holds all places leaves some to others") {
  fair_limiter limiter{100};
  limiter.take(one, 100);
  waiter same{limiter, one};
  CHECK_FALSE(same.own.taken());
  std::vector<place> others;
  for (int i = 0; i < 12; ++i) others.push_back(limiter.try_take(two));
  for (const auto& each : others) CHECK(each.taken());
  CHECK_FALSE(same.own.taken());
  limiter.give_back(one, 100);
  CHECK(same.woken == 1);
}

TEST_CASE("taken beyond the limit, no one is woken before there is room") {
  fair_limiter limiter{2};
  limiter.take(one, 5);
  waiter waits{limiter, one};
  limiter.give_back(one, 3);
  CHECK(waits.woken == 0);
  limiter.give_back(one, 1);
  CHECK(waits.woken == 1);
  CHECK(limiter.now().used == 2);
  waits.own.release();
  limiter.give_back(one, 10);  // more than it holds
  CHECK(limiter.now().used == 0);
}

TEST_CASE("a place may outlive its limiter") {
  std::optional<fair_limiter> limiter{std::in_place, 1};
  auto taken = limiter->try_take(one);
  waiter waits{*limiter, one};
  limiter.reset();
  taken.release();
  CHECK(waits.woken == 1);
}

TEST_CASE("many threads that take, wait and leave keep the limit") {
  fair_limiter limiter{3};
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2'000; ++i) {
        const auto woken = std::make_shared<std::atomic<bool>>(false);
        auto own = limiter.take_or_wait(one, flow, [woken] {
          *woken = true;
          woken->notify_all();
        });
        if (!own.taken()) {
          if ((i + t) % 3 == 0) {
            // Leaves; the one who wakes it may be under way.
            own.release();
            if (limiter.now().used > 3) ++most;
            continue;
          }
          woken->wait(false);
        }
        const int now = ++inside;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        --inside;
      }
    });
  }
  threads.clear();
  CHECK(most <= 3);
  CHECK(limiter.now().used == 0);
  CHECK(limiter.now().waiting == 0);
}
