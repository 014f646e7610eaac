#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pawl/error.hpp>

namespace pawl::flow {

class data_reader;

/// How often and after which waits a step that failed is tried again. Exponential back-off with
/// jitter: the wait before attempt n + 1 is `initial * backoff^(n - 1)`, at most `max_interval`,
/// made longer or shorter by a random part of up to `jitter`.
struct retry_policy {
  std::uint32_t max_attempts = 1;
  std::chrono::milliseconds initial{1'000};
  double backoff = 2;
  std::chrono::milliseconds max_interval{60'000};
  double jitter = 0.1;
  std::vector<std::string> non_retryable;  ///< error classes that are never tried again

  /// The wait before the next attempt after `tries` have failed, the last one with `why`; none if
  /// it is not tried again. `chance` is from 0 to below 1.
  [[nodiscard]] std::optional<std::chrono::milliseconds> next_wait(std::uint32_t tries,
                                                                   const error& why,
                                                                   double random) const;
};

/// Reads the object under "retry"; one attempt where there is none.
[[nodiscard]] retry_policy read_retry_policy(const data_reader& data);

}  // namespace pawl::flow
