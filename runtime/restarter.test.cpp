#include "runtime/restarter.hpp"

#include <atomic>
#include <future>
#include <vector>

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace std::chrono_literals;

namespace {

const error still_broken{errc::io_failed, "still broken"};

}  // namespace

TEST_CASE("a failure is retried with back-off until an attempt succeeds", "[restarter]") {
  std::vector<std::chrono::steady_clock::time_point> tries;
  std::promise<void> right;
  restarter r{{4ms, 8ms}, [&]() -> result<void> {
                tries.push_back(std::chrono::steady_clock::now());
                if (tries.size() < 5) return still_broken;
                right.set_value();
                return {};
              }};
  r.failed();
  REQUIRE(right.get_future().wait_for(30s) == std::future_status::ready);
  r.end();
  REQUIRE(tries.size() == 5);
  CHECK(tries[1] - tries[0] >= 4ms);
  for (std::size_t i = 2; i < 5; ++i) CHECK(tries[i] - tries[i - 1] >= 8ms);
}

TEST_CASE("a new failure is retried; nothing is tried without a failure", "[restarter]") {
  std::atomic<int> tries{0};
  std::promise<void> first, second;
  restarter r{{1ms, 1ms}, [&]() -> result<void> {
                (++tries == 1 ? first : second).set_value();
                return {};
              }};
  CHECK(tries == 0);
  r.failed();
  REQUIRE(first.get_future().wait_for(30s) == std::future_status::ready);
  r.failed();
  REQUIRE(second.get_future().wait_for(30s) == std::future_status::ready);
  r.end();
  CHECK(tries == 2);
}

TEST_CASE("the end does not wait for a failed attempt to be retried", "[restarter]") {
  std::promise<void> tried;
  std::atomic<int> tries{0};
  restarter r{{1h, 1h}, [&]() -> result<void> {
                ++tries;
                tried.set_value();
                return still_broken;
              }};
  r.failed();
  REQUIRE(tried.get_future().wait_for(30s) == std::future_status::ready);
  r.end();
  r.failed();
  CHECK(tries == 1);
}

TEST_CASE("what can end at any time is asked for without back-off", "[restarter]") {
  std::vector<std::chrono::steady_clock::time_point> tries;
  std::promise<void> right;
  restarter r{{1h, 1h}, [&]() -> result<void> {
                tries.push_back(std::chrono::steady_clock::now());
                if (tries.size() < 3) return error{errc::locked, "another one has it", "standby"};
                right.set_value();
                return {};
              }};
  r.failed();
  REQUIRE(right.get_future().wait_for(30s) == std::future_status::ready);
  r.end();
  CHECK(tries[2] - tries[1] >= restarter::short_wait);
}
