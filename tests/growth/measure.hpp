#pragma once

#include <cstddef>
#include <functional>

namespace pawl::growth {

/// Seconds of CPU that the calling thread, or all threads of the process, have used.
[[nodiscard]] double thread_seconds();
[[nodiscard]] double process_seconds();

/// The seconds of CPU that `work` takes, by one of the clocks above.
template <class Work>
[[nodiscard]] double timed(double (*clock)(), Work work) {
  const double began = clock();
  work();
  return clock() - began;
}

/// Checks that a part costs in a wide run or engine (10,000) what it costs in a narrower one
/// (1,000). `scenario` gets the number of parts and returns the seconds that it measured for all of
/// them.
///
/// What costs x for each other part has a ratio near 10; the check finds it when it is 3 times the
/// rest of the cost at 10,000. Some growth is left: what is wide does not fit into the caches of a
/// core. That is up to 2 on a quiet machine, and more beside others that use the same cache, so the
/// bound is 3, and the best of some measurements counts. A run of 100 fits into the nearest cache:
/// beside it the same code has had a ratio of 4.
void check_flat(const std::function<double(std::size_t)>& scenario);

}  // namespace pawl::growth
