#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::config {

/// What a number is a number of.
enum class quantity : std::uint8_t { count, bytes, milliseconds };

/// Reads a whole number, for bytes and times with a unit: "12", "8MiB", "8 MB", "250ms", "30s".
/// Without a unit a size is in bytes and a time in milliseconds. Sizes: B, KiB, MiB, GiB and KB,
/// MB, GB (powers of 1000); times: ms, s, m, h, d. Nothing if it is no such text or does not fit.
[[nodiscard]] std::optional<std::uint64_t> parse_quantity(quantity kind, std::string_view text);

/// The shortest exact text that `parse_quantity` reads: "8MiB", "90s", "250ms", "0".
[[nodiscard]] std::string format_quantity(quantity kind, std::uint64_t amount);

}  // namespace pawl::config
