#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pawl/error.hpp>

namespace pawl::flow {

class data_reader;

/// Retry policy of a step: exponential back-off with jitter. The wait before attempt n + 1 is
/// `initial * backoff^(n - 1)`, varied at random by up to ± `jitter` (a fraction of the wait), and
/// at most `max_interval`. Errors that another attempt cannot change are not retried: see
/// docs/nodes/task.md.
struct retry_policy {
  std::uint32_t max_attempts = 1;
  std::chrono::milliseconds initial{1'000};
  double backoff = 2;
  std::chrono::milliseconds max_interval{60'000};
  double jitter = 0.1;
  std::vector<std::string> non_retryable;  ///< error classes that are not retried

  /// Returns the wait before the next attempt, after `tries` attempts have failed, the last one
  /// with `why`. None: no further attempt. `random` is in [0, 1).
  [[nodiscard]] std::optional<std::chrono::milliseconds> next_wait(std::uint32_t tries,
                                                                   const error& why,
                                                                   double random) const;
};

/// Reads the object under "retry". Without one the policy allows a single attempt.
[[nodiscard]] retry_policy read_retry_policy(const data_reader& data);

}  // namespace pawl::flow
