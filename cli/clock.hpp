#pragma once

#include <pawl/time.hpp>

namespace pawl::cli {

/// The current time.
[[nodiscard]] time_point wall_clock();

}  // namespace pawl::cli
