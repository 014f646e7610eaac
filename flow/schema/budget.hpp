#pragma once

#include <cstdint>

namespace pawl::flow::schema {

/// The work that one validation may do. Failure is sticky, so that loops end without checks of
/// their own.
class budget {
 public:
  /// Maximum nesting of checks: subschemas inside subschemas and values inside values. Bounds the
  /// stack.
  static constexpr std::uint32_t max_depth = 3'000;

  explicit budget(std::uint64_t steps) noexcept : left_(steps) {}

  /// Takes steps. Returns false if they are used up.
  [[nodiscard]] bool take(std::uint64_t steps) noexcept {
    if (steps > left_) {
      left_ = 0;
      is_out_of_steps_ = true;
    }
    if (stopped()) return false;
    left_ -= steps;
    return true;
  }

  /// Enters one level. Returns false, and stops the validation, if it is too deep.
  [[nodiscard]] bool enter() noexcept {
    if (depth_ == max_depth) is_too_deep_ = true;
    if (stopped()) return false;
    ++depth_;
    return true;
  }
  void leave() noexcept { --depth_; }

  [[nodiscard]] bool stopped() const noexcept { return is_out_of_steps_ || is_too_deep_; }
  [[nodiscard]] bool is_too_deep() const noexcept { return is_too_deep_; }
  [[nodiscard]] std::uint64_t left() const noexcept { return left_; }

 private:
  std::uint64_t left_;
  std::uint32_t depth_ = 0;
  bool is_out_of_steps_ = false;
  bool is_too_deep_ = false;
};

}  // namespace pawl::flow::schema
