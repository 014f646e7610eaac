#include "cli/clock.hpp"

#include <chrono>

namespace pawl::cli {

time_point wall_clock() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace pawl::cli
