#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace pawl::flow::schema {

/// A value of `format` that is checked.
struct format {
  std::string_view name;
  std::string_view with_article;  ///< "a date (2026-12-31)"
  bool (*holds)(std::string_view text);
  /// The steps that checking one byte costs.
  std::uint64_t steps_per_byte = 1;
};

/// The formats that are checked; others are not.
[[nodiscard]] std::span<const format> checked_formats() noexcept;

}  // namespace pawl::flow::schema
