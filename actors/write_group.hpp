#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "persistence/store.hpp"

namespace pawl::actors {

/// Maximum number of batches in one write of the store: far more than what comes during a sync.
inline constexpr std::size_t max_group_batches = 4096;
/// Maximum size of the batches in one write: bounds the memory of a write, and how long the commits
/// in it wait for each other. A larger batch is written alone.
inline constexpr std::size_t max_group_bytes = std::size_t{8} << 20;

/// The batches of one write.
struct write_group_size {
  std::size_t batches = 0;
  std::size_t bytes = 0;
};

/// Returns how many of the pending batches, from the first on, are written together: at least one,
/// and no more than both limits allow. `pending` must not be empty.
[[nodiscard]] write_group_size next_write_group(
    std::span<const std::shared_ptr<const persistence::batch>> pending) noexcept;

}  // namespace pawl::actors
