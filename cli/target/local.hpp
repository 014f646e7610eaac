#pragma once

#include <memory>

#include "cli/target.hpp"

namespace pawl::cli {

/// A scope of a data folder, or of memory, with an engine of our own, which is open.
[[nodiscard]] std::unique_ptr<target> make_local_target(std::unique_ptr<engine> open, scope in);

}  // namespace pawl::cli
