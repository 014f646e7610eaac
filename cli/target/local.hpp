#pragma once

#include <memory>

#include "cli/target.hpp"

namespace pawl::cli {

/// A target on an engine in this process, which must be open.
[[nodiscard]] std::unique_ptr<target> make_local_target(std::unique_ptr<engine> open, scope in);

}  // namespace pawl::cli
