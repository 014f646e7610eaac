#include "server/memory.hpp"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace pawl::server {

void return_large_buffers() noexcept {
#ifdef __GLIBC__
  constexpr int threshold_bytes = 1 << 20;
  ::mallopt(M_MMAP_THRESHOLD, threshold_bytes);
#endif
}

}  // namespace pawl::server
