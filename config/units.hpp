#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::config {

/// The unit of a number.
enum class quantity : std::uint8_t { count, bytes, milliseconds };

/// Parses a whole number; sizes and times may have a unit: "12", "8MiB", "8 MB", "250ms", "30s".
/// Without a unit a size is in bytes and a time in milliseconds. Units of sizes: B, KiB, MiB, GiB,
/// and KB, MB, GB (powers of 1000); of times: ms, s, m, h, d. Case does not matter. Returns nothing
/// for other texts and on overflow.
[[nodiscard]] std::optional<std::uint64_t> parse_quantity(quantity kind, std::string_view text);

/// The number with the largest unit that divides it: "8MiB", "90s", "250ms", "0".
[[nodiscard]] std::string format_quantity(quantity kind, std::uint64_t amount);

}  // namespace pawl::config
