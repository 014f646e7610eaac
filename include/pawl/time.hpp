#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <pawl/result.hpp>

namespace pawl {

/// A moment on the wall clock (UTC), in microseconds. What is stored and shown.
using time_point = std::chrono::sys_time<std::chrono::microseconds>;

/// Microseconds since 1970-01-01T00:00:00Z.
[[nodiscard]] constexpr std::int64_t to_unix_us(time_point t) noexcept {
  return t.time_since_epoch().count();
}
[[nodiscard]] constexpr time_point from_unix_us(std::int64_t us) noexcept {
  return time_point{std::chrono::microseconds{us}};
}

/// RFC 3339 in UTC with milliseconds: "2026-01-31T09:30:00.250Z".
[[nodiscard]] std::string to_rfc3339(time_point t);

/// Reads RFC 3339 with any offset and up to microseconds: "2026-01-31T10:30:00.5+01:00". Error:
/// `invalid_argument`.
[[nodiscard]] result<time_point> parse_rfc3339(std::string_view text);

/// The longest duration that can be configured anywhere: 100 years of 365 days.
inline constexpr std::chrono::milliseconds max_duration = std::chrono::hours{24 * 365 * 100};

/// Reads "250ms", "30s", "1.5m", "2h" or "7d". Error: `invalid_argument`.
[[nodiscard]] result<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace pawl
