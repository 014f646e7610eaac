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

/// Checks that a part costs in a wide run or engine (10,000) what it costs in a narrow one (100).
/// `scenario` gets the number of parts and returns the seconds that it measured for all of them.
///
/// Some growth is left: what is wide does not fit into the caches of a core. It is up to 2 on a
/// quiet machine, and more beside others that use the same cache, so the bound is 4, and the best
/// of some measurements counts. What grows with the number of parts has a ratio up to 100.
void check_flat(const std::function<double(std::size_t)>& scenario);

}  // namespace pawl::growth
