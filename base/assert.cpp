#include <cstdio>
#include <cstdlib>
#include <string>

#include <pawl/assert.hpp>

namespace pawl::detail {

void assertion_failed(const char* expression, const char* message, const char* file,
                      int line) noexcept {
  std::fprintf(stderr, "pawl: invariant violated: %s (%s) at %s:%d\n", message, expression, file,
               line);
  std::fflush(stderr);
  std::abort();
}

void invariant_broken(const char* expression, const char* message, const char* file, int line) {
  throw broken_invariant{"a defect of Pawl: " + std::string{message} + " (" + expression + ") at " +
                         file + ":" + std::to_string(line)};
}

}  // namespace pawl::detail
