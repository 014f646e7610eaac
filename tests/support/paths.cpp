#include "tests/support/paths.hpp"

// The only source that knows where the checkout and the build folder are, so that ccache can reuse
// all other objects in another checkout. See cmake/PawlTools.cmake.

namespace pawl::testing {

std::filesystem::path source_dir() {
  return PAWL_SOURCE_DIR;
}

std::filesystem::path program_dir() {
  return PAWL_PROGRAM_DIR;
}

}  // namespace pawl::testing
