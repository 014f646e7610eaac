#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <pawl/json.hpp>

namespace pawl::bench {

/// Counts values in log-linear buckets: 64 of equal width between two powers of two, so a bucket is
/// at most 1/64 (1.6 %) wide, at any value. The layout is that of HdrHistogram
/// (https://hdrhistogram.org). Not thread-safe.
class histogram {
 public:
  void add(std::uint64_t value);
  void merge(const histogram& other);

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// The largest value, exact. 0 if there is none.
  [[nodiscard]] std::uint64_t max() const noexcept { return max_; }
  /// The smallest bound that is at least as large as `share` of the values: never below the exact
  /// quantile, and at most 1/64 above it. `share` is above 0 and at most 1. 0 if there are no
  /// values.
  [[nodiscard]] std::uint64_t quantile(double share) const;

  /// A bucket that is not empty. `upper` is its largest value.
  struct bucket {
    std::uint64_t upper = 0;
    std::uint64_t count = 0;
  };
  /// Ascending.
  [[nodiscard]] std::vector<bucket> buckets() const;

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

/// The percentiles of nanoseconds as microseconds: count, p50, p90, p99, p99_9, max, and `buckets`,
/// an array of [upper bound, count].
[[nodiscard]] json latency_to_json(const histogram& of_ns);

}  // namespace pawl::bench
