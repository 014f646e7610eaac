#include "bench/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/support/catch.hpp"

using pawl::bench::histogram;

namespace {

/// The smallest value that at least `share` of the values do not exceed.
std::uint64_t exact(const std::vector<std::uint64_t>& sorted, double share) {
  const auto at = std::ceil(share * static_cast<double>(sorted.size()) - 1e-9);
  return sorted[static_cast<std::size_t>(std::max(at, 1.0)) - 1];
}

}  // namespace

TEST_CASE("a quantile is at most 1/64 above the exact one, and never below", "[histogram]") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 rng{seed};
  for (int round = 0; round < 200; ++round) {
    // Values of every size, in turn close together and spread over many powers of two.
    std::uniform_int_distribution<unsigned> bits{0, round % 2 == 0 ? 62u : 12u};
    histogram counted;
    std::vector<std::uint64_t> values(1 + rng() % 2'000);
    for (auto& value : values) {
      value = rng() >> (63 - bits(rng));
      counted.add(value);
    }
    std::sort(values.begin(), values.end());
    for (const double share : {0.001, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      CAPTURE(round, values.size(), share);
      const std::uint64_t right = exact(values, share);
      REQUIRE(counted.quantile(share) >= right);
      REQUIRE(counted.quantile(share) - right <= right / 64);
    }
    REQUIRE(counted.max() == values.back());
  }
}

TEST_CASE("merged histograms count what both have counted", "[histogram]") {
  histogram a, b, both;
  for (std::uint64_t i = 0; i < 5'000; ++i) {
    (i % 3 == 0 ? a : b).add(i * i);
    both.add(i * i);
  }
  a.merge(b);
  CHECK(a.count() == both.count());
  CHECK(a.max() == both.max());
  const auto one = a.buckets(), other = both.buckets();
  REQUIRE(one.size() == other.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    CHECK(one[i].upper == other[i].upper);
    CHECK(one[i].count == other[i].count);
  }
}

TEST_CASE("the buckets in the output add up to the count", "[histogram]") {
  histogram of;
  for (std::uint64_t i = 1; i <= 1'000; ++i) of.add(i * 1'000);
  const auto shown = pawl::bench::latency_to_json(of);
  std::uint64_t sum = 0;
  for (const auto& bucket : shown.at("buckets")) sum += bucket.at(1).get<std::uint64_t>();
  CHECK(sum == 1'000);
  CHECK(shown.at("count") == 1'000);
  CHECK(shown.at("max") == 1'000);
  CHECK(shown.at("p50") >= 500);
  CHECK(shown.at("p50") <= 508);
  CHECK(pawl::bench::latency_to_json({}).at("p99") == 0);
}
