#include <cstdio>
#include <cstdlib>

#include <pawl/assert.hpp>

namespace pawl::detail {

void assertion_failed(const char* expression, const char* message, const char* file,
                      int line) noexcept {
  std::fprintf(stderr, "pawl: invariant violated: %s (%s) at %s:%d\n", message, expression, file,
               line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace pawl::detail
