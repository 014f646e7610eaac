#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <pawl/result.hpp>

namespace pawl::flow::schema {

/// Memory for the patterns of one flow. Without a limit, a short text such as ".{1000}" repeated
/// often would fill the memory of the process.
class pattern_memory {
 public:
  static constexpr std::size_t limit = 64u << 20;

  [[nodiscard]] bool take(std::size_t bytes) noexcept {
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }
  void give_back(std::size_t bytes) noexcept { left_ += bytes; }

 private:
  std::size_t left_ = limit;
};

/// A compiled pattern. Matches in time linear to the text and without recursion. Immutable; cheap
/// to copy; safe for concurrent use.
class pattern {
 public:
  /// Compiles a pattern of ECMAScript; takes its memory from `memory`. Errors: as
  /// `translate_pattern`, and `limit_exceeded` for too large a program.
  [[nodiscard]] static result<pattern> compile(std::string_view text, pattern_memory& memory);

  /// Whether the pattern matches somewhere in a text.
  [[nodiscard]] bool matches(std::string_view text) const;
  /// The steps that matching a text of that size costs at most. RE2 matches most patterns with a
  /// table, one look-up for each byte; a hostile one costs it the width of the pattern.
  [[nodiscard]] std::uint64_t steps(std::size_t bytes) const noexcept {
    return 8 + (width_ == 1 ? bytes / 8 : std::uint64_t{bytes} * width_);
  }
  /// The text that it was compiled from.
  [[nodiscard]] const std::string& text() const noexcept;

 private:
  struct program;
  std::shared_ptr<const program> program_;
  std::size_t width_ = 1;
};

}  // namespace pawl::flow::schema
