#include "actors/metrics.hpp"

#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

using namespace pawl;
using actors::histogram;

TEST_CASE("a value is counted in the bucket of the next power of two") {
  histogram<5> h;
  for (const std::uint64_t value : {0u, 1u, 2u, 3u, 4u, 5u, 8u, 9u, 16u, 17u, 1000u})
    h.record(value);
  const distribution now = h.snapshot();
  CHECK(now.counts == std::vector<std::uint64_t>{2, 1, 2, 2, 2});
  CHECK(now.count == 11);
  CHECK(now.sum == 1065);
}

TEST_CASE("a new histogram is empty, and accepts the largest value") {
  histogram<27> h;
  CHECK(h.snapshot().count == 0);
  CHECK(h.snapshot().counts == std::vector<std::uint64_t>(27));
  h.record(~std::uint64_t{0});
  CHECK(h.snapshot().count == 1);
  CHECK(h.snapshot().counts == std::vector<std::uint64_t>(27));
}

TEST_CASE("durations are counted in microseconds, negative ones as 0") {
  actors::duration_histogram h;
  h.record(std::chrono::milliseconds{1});
  h.record(std::chrono::nanoseconds{1999});
  h.record(std::chrono::seconds{-1});
  CHECK(h.snapshot().sum == 1001);
  CHECK(h.snapshot().counts[0] == 2);
  CHECK(h.snapshot().counts[10] == 1);
}

TEST_CASE("values of many threads are all counted") {
  histogram<4> h;
  std::vector<std::thread> all;
  for (int t = 0; t < 4; ++t) {
    all.emplace_back([&h] {
      for (int i = 0; i < 10'000; ++i) h.record(std::uint64_t{3});
    });
  }
  for (auto& each : all) each.join();
  CHECK(h.snapshot().counts[2] == 40'000);
  CHECK(h.snapshot().sum == 120'000);
}
