#include "actors/write_group.hpp"

#include <algorithm>

namespace pawl::actors {

write_group_size next_write_group(
    std::span<const std::shared_ptr<const persistence::batch>> pending) noexcept {
  write_group_size group{1, pending.front()->bytes()};
  const std::size_t most = std::min(max_group_batches, pending.size());
  while (group.batches < most) {
    const std::size_t bytes = group.bytes + pending[group.batches]->bytes();
    if (bytes > max_group_bytes) break;
    ++group.batches;
    group.bytes = bytes;
  }
  return group;
}

}  // namespace pawl::actors
