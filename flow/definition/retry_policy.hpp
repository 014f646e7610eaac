#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pawl/error.hpp>
#include <pawl/result.hpp>

#include "flow/logic/logic.hpp"
#include "flow/values/http_syntax.hpp"

namespace pawl::flow {

class data_reader;
struct run_state;
struct token;

/// How long a step waits between two attempts: exponential back-off with jitter. The wait before
/// attempt n + 1 is `initial * backoff^(n - 1)`, varied at random by up to ± `jitter` (a fraction
/// of the wait), and at most `max_interval`.
struct retry_waits {
  std::uint32_t max_attempts = 1;
  std::chrono::milliseconds initial{1'000};
  double backoff = 2;
  std::chrono::milliseconds max_interval{60'000};
  double jitter = 0.1;
  bool keeps_max_interval = false;  ///< even if `initial` is longer
  /// A longer wait that the error asks for (`retry_after` in its details) is kept, up to a day.
  bool respect_retry_after = true;

  /// Returns the wait after `tries` attempts have failed, the last one with `why`. None: no further
  /// attempt. `random` is in [0, 1).
  [[nodiscard]] std::optional<std::chrono::milliseconds> after(std::uint32_t tries,
                                                               const error& why,
                                                               double random) const;
};

/// The errors for which a policy has waits of their own.
struct retry_clause {
  std::vector<std::string> types;  ///< error classes; empty: all
  std::vector<http_syntax::status_range>
      statuses;  ///< of an HTTP response; empty: all, and errors without one
  retry_waits waits;

  [[nodiscard]] bool fits(const error& why) const;
};

/// A number of a policy that a rule computes.
struct computed_wait {
  logic::rule rule;
  /// Which number it is; see retry_policy.cpp.
  std::size_t setting = 0;
  /// Where it counts: 0 is the policy, n + 1 its clause n.
  std::vector<std::size_t> places;
};

/// Retry policy of a step. Errors that another attempt cannot change are not retried: see
/// docs/nodes/task.md.
struct retry_policy {
  retry_waits waits;
  std::vector<std::string> non_retryable;  ///< error classes that are not retried
  /// If there are any, only errors that one of them fits are retried, by the first that fits.
  std::vector<retry_clause> on;
  std::vector<computed_wait> computed;  ///< in place of numbers in `waits` and `on`

  /// The numbers of a visit that rules compute, in the order of `computed`. Errors: those of the
  /// rules; `invalid_argument` if one returns no such number.
  [[nodiscard]] result<std::vector<double>> compute(const run_state& run, const token& t,
                                                    const std::string& node) const;

  /// Returns the wait before the next attempt, after `tries` attempts have failed, the last one
  /// with `why`. None: no further attempt. `random` is in [0, 1). `failures_of` counts the failures
  /// that each clause fits, this one included. `numbers`: what `compute` returned for the visit.
  [[nodiscard]] std::optional<std::chrono::milliseconds> next_wait(
      std::uint32_t tries, std::vector<std::uint32_t>& failures_of,
      const std::vector<double>& numbers, const error& why, double random) const;

 private:
  /// The waits of a place, as in `computed_wait`, with the numbers that are computed.
  [[nodiscard]] retry_waits waits_at(std::size_t place, const std::vector<double>& numbers) const;
};

/// Reads the object under "retry". Without one the policy allows a single attempt.
[[nodiscard]] retry_policy read_retry_policy(const data_reader& data);

}  // namespace pawl::flow
