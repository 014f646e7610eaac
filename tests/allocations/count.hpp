#pragma once

#include <cstddef>

namespace pawl::testing {

/// Number of calls of `operator new` so far on this thread.
[[nodiscard]] std::size_t allocations() noexcept;

}  // namespace pawl::testing
