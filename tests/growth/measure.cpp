#include "tests/growth/measure.hpp"

#include <algorithm>
#include <ctime>
#include <string>

#include "tests/support/catch.hpp"

namespace pawl::growth {
namespace {

double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// The microseconds for each of `n` parts: the least of some repetitions, together of about as many
/// parts for each n.
double us_each(std::size_t n, const std::function<double(std::size_t)>& scenario) {
  constexpr std::size_t wide = 10'000;
  double least = 1e9;
  for (int round = 0; round < 3; ++round) {
    double sum = 0;
    const std::size_t times = std::max<std::size_t>(1, wide / n / 4);
    for (std::size_t i = 0; i < times; ++i) sum += scenario(n);
    least = std::min(least, 1e6 * sum / static_cast<double>(times * n));
  }
  return least;
}

}  // namespace

double thread_seconds() {
  return seconds_of(CLOCK_THREAD_CPUTIME_ID);
}

double process_seconds() {
  return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

void check_flat(const std::function<double(std::size_t)>& scenario) {
  constexpr double most = 3;
  double best = 1e9;
  std::string measured;
  for (int attempt = 0; attempt < 5 && best > most; ++attempt) {
    const double narrow = us_each(1'000, scenario);
    const double wide = us_each(10'000, scenario);
    best = std::min(best, wide / narrow);
    measured += std::to_string(narrow) + " us each of 1,000, " + std::to_string(wide) +
                " us each of 10,000; ";
  }
  INFO(measured);
  CHECK(best <= most);
}

}  // namespace pawl::growth
