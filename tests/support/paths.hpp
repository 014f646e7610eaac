#pragma once

#include <filesystem>

namespace pawl::testing {

/// The root of the source tree, for tests that read docs/ or examples/.
[[nodiscard]] std::filesystem::path source_dir();

/// The folder of the built programs, for tests that start another program.
[[nodiscard]] std::filesystem::path program_dir();

}  // namespace pawl::testing
