#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace pawl::actors {

/// Counts the use of a limited resource. Safe for concurrent use.
class limiter {
 public:
  explicit limiter(std::uint64_t most) : most_(most) {}

  /// Takes one if the limit allows. Returns false if not.
  [[nodiscard]] bool try_take() noexcept {
    if (used_.fetch_add(1, std::memory_order_relaxed) < most_) return true;
    give_back();
    return false;
  }
  /// Takes some without regard to the limit.
  void take(std::uint64_t count = 1) noexcept { used_.fetch_add(count, std::memory_order_relaxed); }
  void give_back(std::uint64_t count = 1) noexcept {
    used_.fetch_sub(count, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t used() const noexcept {
    return used_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t left() const noexcept { return most_ - std::min(most_, used()); }
  [[nodiscard]] bool full() const noexcept { return left() == 0; }
  [[nodiscard]] std::uint64_t most() const noexcept { return most_; }

 private:
  std::atomic<std::uint64_t> used_{0};
  const std::uint64_t most_;
};

}  // namespace pawl::actors
