#include "flow/definition/retry_policy.hpp"

#include <cmath>

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace std::chrono_literals;

namespace {

const error busy{errc::function_failed, "try again", "busy"};

retry_policy policy_of(std::uint32_t attempts, std::chrono::milliseconds initial, double backoff,
                       std::chrono::milliseconds most) {
  retry_policy policy;
  policy.max_attempts = attempts;
  policy.initial = initial;
  policy.backoff = backoff;
  policy.max_interval = most;
  policy.jitter = 0;
  return policy;
}

}  // namespace

TEST_CASE("without a policy there are no retries", "[retry-policy]") {
  CHECK(retry_policy{}.next_wait(1, busy, 0.5) == std::nullopt);
}

TEST_CASE("waits grow exponentially up to the maximum", "[retry-policy]") {
  const auto policy = policy_of(6, 100ms, 2, 500ms);
  std::vector<std::chrono::milliseconds> waits;
  for (std::uint32_t tries = 1; tries <= 5; ++tries)
    waits.push_back(*policy.next_wait(tries, busy, 0.5));
  CHECK(waits == std::vector<std::chrono::milliseconds>{100ms, 200ms, 400ms, 500ms, 500ms});
  CHECK(policy.next_wait(6, busy, 0.5) == std::nullopt);
}

TEST_CASE("a back-off of one keeps the wait constant", "[retry-policy]") {
  const auto policy = policy_of(1'000'000, 3s, 1, 1h);
  CHECK(policy.next_wait(1, busy, 0.5) == 3s);
  CHECK(policy.next_wait(999'999, busy, 0.5) == 3s);
}

TEST_CASE("the growth of waits does not overflow", "[retry-policy]") {
  // 100 to the power of 999998 is infinite, and 0 * infinity is NaN.
  CHECK(policy_of(1'000'000, 0ms, 100, 1h).next_wait(999'999, busy, 0.5) == 0ms);
  CHECK(policy_of(1'000'000, 1ms, 100, 1h).next_wait(999'999, busy, 0.5) == 1h);
}

TEST_CASE("no wait exceeds the maximum, and jitter spreads the longest waits", "[retry-policy]") {
  auto policy = policy_of(9, 10s, 2, 10s);
  for (const double jitter : {0.1, 0.5, 1.0}) {
    policy.jitter = jitter;
    for (int i = 0; i < 100; ++i) {
      const auto wait = *policy.next_wait(3, busy, i / 100.0);
      CHECK(wait <= 10s);
      CHECK(wait.count() >= std::floor(10'000 * (1 - jitter)));
    }
    CHECK(policy.next_wait(3, busy, 0.25) == policy.next_wait(3, busy, 0.75));
    CHECK(policy.next_wait(3, busy, 0.75) != policy.next_wait(3, busy, 0.5));
  }
}

TEST_CASE("errors that another attempt cannot change are not retried", "[retry-policy]") {
  const auto policy = policy_of(3, 1s, 2, 1min);
  for (const auto* type : {"invalid_arguments", "exec_not_allowed", "http_not_allowed"})
    CHECK(policy.next_wait(1, fail(type, "no"), 0.5) == std::nullopt);
  for (const auto code : {errc::not_found, errc::invalid_argument, errc::limit_exceeded})
    CHECK(policy.next_wait(1, error{code, "no"}, 0.5) == std::nullopt);
  CHECK(policy.next_wait(1, error{errc::not_found, "no", "unknown_function"}, 0.5) == std::nullopt);
  // The same words as the type of a function's own error say nothing about the next attempt.
  for (const auto* type : {"not_found", "http_connect", "exec_failed", "limit_exceeded"})
    CHECK(policy.next_wait(1, fail(type, "no"), 0.5) == 1s);
  for (const auto code : {errc::timed_out, errc::cancelled, errc::overloaded, errc::unavailable})
    CHECK(policy.next_wait(1, error{code, "no"}, 0.5) == 1s);
}

TEST_CASE("jitter shortens or lengthens the wait", "[retry-policy]") {
  auto policy = policy_of(3, 10s, 2, 1min);
  policy.jitter = 0.2;
  CHECK(policy.next_wait(1, busy, 0) == 8s);
  CHECK(policy.next_wait(1, busy, 0.5) == 10s);
  CHECK(policy.next_wait(1, busy, 0.999999) > 11'999ms);
  policy.jitter = 1;
  CHECK(policy.next_wait(1, busy, 0) == 0s);
}

TEST_CASE("a non-retryable error class ends the attempts", "[retry-policy]") {
  auto policy = policy_of(3, 1s, 2, 1min);
  policy.non_retryable = {"card_declined", "timed_out"};
  CHECK(policy.next_wait(1, busy, 0.5) == 1s);
  CHECK(policy.next_wait(1, {errc::function_failed, "no", "card_declined"}, 0.5) == std::nullopt);
  CHECK(policy.next_wait(1, {errc::timed_out, "too slow"}, 0.5) == std::nullopt);
}
