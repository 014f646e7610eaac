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
  policy.waits.max_attempts = attempts;
  policy.waits.initial = initial;
  policy.waits.backoff = backoff;
  policy.waits.max_interval = most;
  policy.waits.jitter = 0;
  return policy;
}

std::optional<std::chrono::milliseconds> wait_of(const retry_policy& policy, std::uint32_t tries,
                                                 const error& why, double random) {
  std::vector<std::uint32_t> failures_of;
  return policy.next_wait(tries, failures_of, {}, why, random);
}

error with_status(int status, json more = json::object()) {
  more["status"] = status;
  return fail("http_status", "no", std::move(more));
}

}  // namespace

TEST_CASE("without a policy there are no retries", "[retry-policy]") {
  CHECK(wait_of(retry_policy{}, 1, busy, 0.5) == std::nullopt);
}

TEST_CASE("waits grow exponentially up to the maximum", "[retry-policy]") {
  const auto policy = policy_of(6, 100ms, 2, 500ms);
  std::vector<std::chrono::milliseconds> waits;
  for (std::uint32_t tries = 1; tries <= 5; ++tries)
    waits.push_back(*wait_of(policy, tries, busy, 0.5));
  CHECK(waits == std::vector<std::chrono::milliseconds>{100ms, 200ms, 400ms, 500ms, 500ms});
  CHECK(wait_of(policy, 6, busy, 0.5) == std::nullopt);
}

TEST_CASE("a back-off of one keeps the wait constant", "[retry-policy]") {
  const auto policy = policy_of(1'000'000, 3s, 1, 1h);
  CHECK(wait_of(policy, 1, busy, 0.5) == 3s);
  CHECK(wait_of(policy, 999'999, busy, 0.5) == 3s);
}

TEST_CASE("the growth of waits does not overflow", "[retry-policy]") {
  // 100 to the power of 999998 is infinite, and 0 * infinity is NaN.
  CHECK(wait_of(policy_of(1'000'000, 0ms, 100, 1h), 999'999, busy, 0.5) == 0ms);
  CHECK(wait_of(policy_of(1'000'000, 1ms, 100, 1h), 999'999, busy, 0.5) == 1h);
}

TEST_CASE("no wait exceeds the maximum, and jitter spreads the longest waits", "[retry-policy]") {
  auto policy = policy_of(9, 10s, 2, 10s);
  for (const double jitter : {0.1, 0.5, 1.0}) {
    policy.waits.jitter = jitter;
    for (int i = 0; i < 100; ++i) {
      const auto wait = *wait_of(policy, 3, busy, i / 100.0);
      CHECK(wait <= 10s);
      CHECK(wait.count() >= std::floor(10'000 * (1 - jitter)));
    }
    CHECK(wait_of(policy, 3, busy, 0.25) == wait_of(policy, 3, busy, 0.75));
    CHECK(wait_of(policy, 3, busy, 0.75) != wait_of(policy, 3, busy, 0.5));
  }
}

TEST_CASE("errors that another attempt cannot change are not retried", "[retry-policy]") {
  const auto policy = policy_of(3, 1s, 2, 1min);
  for (const auto* type : {"invalid_arguments", "exec_not_allowed", "http_not_allowed"})
    CHECK(wait_of(policy, 1, fail(type, "no"), 0.5) == std::nullopt);
  for (const auto code : {errc::not_found, errc::invalid_argument, errc::limit_exceeded})
    CHECK(wait_of(policy, 1, error{code, "no"}, 0.5) == std::nullopt);
  CHECK(wait_of(policy, 1, error{errc::not_found, "no", "unknown_function"}, 0.5) == std::nullopt);
  // The same words as the type of a function's own error say nothing about the next attempt.
  for (const auto* type : {"not_found", "http_connect", "exec_failed", "limit_exceeded"})
    CHECK(wait_of(policy, 1, fail(type, "no"), 0.5) == 1s);
  for (const auto code : {errc::timed_out, errc::cancelled, errc::overloaded, errc::unavailable})
    CHECK(wait_of(policy, 1, error{code, "no"}, 0.5) == 1s);
}

TEST_CASE("jitter shortens or lengthens the wait", "[retry-policy]") {
  auto policy = policy_of(3, 10s, 2, 1min);
  policy.waits.jitter = 0.2;
  CHECK(wait_of(policy, 1, busy, 0) == 8s);
  CHECK(wait_of(policy, 1, busy, 0.5) == 10s);
  CHECK(wait_of(policy, 1, busy, 0.999999) > 11'999ms);
  policy.waits.jitter = 1;
  CHECK(wait_of(policy, 1, busy, 0) == 0s);
}

TEST_CASE("a non-retryable error class ends the attempts", "[retry-policy]") {
  auto policy = policy_of(3, 1s, 2, 1min);
  policy.non_retryable = {"card_declined", "timed_out"};
  CHECK(wait_of(policy, 1, busy, 0.5) == 1s);
  CHECK(wait_of(policy, 1, {errc::function_failed, "no", "card_declined"}, 0.5) == std::nullopt);
  CHECK(wait_of(policy, 1, {errc::timed_out, "too slow"}, 0.5) == std::nullopt);
}

TEST_CASE("a response of a client error is not retried, unless it may pass", "[retry-policy]") {
  const auto policy = policy_of(3, 1s, 2, 1min);
  for (const int status : {400, 401, 402, 404, 409, 422, 499})
    CHECK(wait_of(policy, 1, with_status(status), 0.5) == std::nullopt);
  for (const int status : {302, 408, 425, 429, 500, 503})
    CHECK(wait_of(policy, 1, with_status(status), 0.5) == 1s);
  // Only the status of an HTTP response says so.
  CHECK(wait_of(policy, 1, fail("declined", "no", {{"status", 404}}), 0.5) == 1s);
  CHECK(wait_of(policy, 1, fail("http_status", "no", {{"status", "404"}}), 0.5) == 1s);
  CHECK(wait_of(policy, 1, fail("http_status", "no", 404), 0.5) == 1s);
}

TEST_CASE("a wait is as long as the error asks for", "[retry-policy]") {
  auto policy = policy_of(3, 2s, 2, 1min);
  const auto wait = [&](json retry_after) {
    return wait_of(policy, 1, with_status(503, {{"retry_after", std::move(retry_after)}}), 0.5);
  };
  CHECK(wait(90) == 90s);
  CHECK(wait(2.5) == 2'500ms);
  CHECK(wait(1) == 2s);
  CHECK(wait(-1) == 2s);
  CHECK(wait("90") == 2s);
  CHECK(wait(1e300) == 24h);
  CHECK(wait(nullptr) == 2s);
  policy.waits.respect_retry_after = false;
  CHECK(wait(90) == 2s);
}

TEST_CASE("the first clause that fits an error has its waits and its count", "[retry-policy]") {
  auto policy = policy_of(3, 1s, 1, 1min);
  const auto clause = [&](std::vector<std::string> types, std::vector<http_syntax::status_range> of,
                          std::uint32_t attempts, std::chrono::milliseconds initial) {
    retry_clause made{std::move(types), std::move(of), policy.waits};
    made.waits.max_attempts = attempts;
    made.waits.initial = initial;
    policy.on.push_back(std::move(made));
  };
  clause({"busy"}, {}, 3, 5s);
  clause({}, {{404, 404}, {500, 599}}, 2, 7s);
  clause({"busy", "slow"}, {}, 9, 9s);
  std::vector<std::uint32_t> failures_of;
  const auto next = [&](const error& why) {
    return policy.next_wait(1, failures_of, {}, why, 0.5);
  };
  CHECK(next(busy) == 5s);
  CHECK(next(with_status(404)) == 7s);
  CHECK(next(busy) == 5s);
  CHECK(failures_of == std::vector<std::uint32_t>{2, 1, 0});
  CHECK(next(with_status(503)) == std::nullopt);  // its second attempt was the last
  CHECK(next(busy) == std::nullopt);
  CHECK(next(fail("slow", "no")) == 9s);
  CHECK(next(fail("other", "no")) == std::nullopt);
  CHECK(next(with_status(400)) == std::nullopt);
  CHECK(next({errc::not_found, "no", "busy"}) == std::nullopt);  // another attempt cannot help
}
