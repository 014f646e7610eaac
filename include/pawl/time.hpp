#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <pawl/result.hpp>

namespace pawl {

/// A wall-clock time (UTC) in microseconds; the form in which times are stored and shown.
using time_point = std::chrono::sys_time<std::chrono::microseconds>;

/// Microseconds since 1970-01-01T00:00:00Z.
[[nodiscard]] constexpr std::int64_t to_unix_us(time_point t) noexcept {
  return t.time_since_epoch().count();
}
[[nodiscard]] constexpr time_point from_unix_us(std::int64_t us) noexcept {
  return time_point{std::chrono::microseconds{us}};
}

/// Formats a time as RFC 3339 in UTC with milliseconds: "2026-01-31T09:30:00.250Z".
[[nodiscard]] std::string to_rfc3339(time_point t);

/// Parses RFC 3339 with any offset, to the microsecond: "2026-01-31T10:30:00.5+01:00". Error:
/// `invalid_argument`.
[[nodiscard]] result<time_point> parse_rfc3339(std::string_view text);

/// Says what is wrong with a text that `parse_rfc3339` refuses, as a clause: "the
/// month has no day 30". Empty if the text does not resemble a time.
[[nodiscard]] std::string problem_of_time(std::string_view text);

/// Maximum duration of every setting and option: 100 years of 365 days.
inline constexpr std::chrono::milliseconds max_duration = std::chrono::hours{24 * 365 * 100};

/// Parses "250ms", "30s", "1.5m", "2h" or "7d". Error: `invalid_argument`.
[[nodiscard]] result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// Says what is wrong with a text that `parse_duration` refuses, as a clause: "the unit is
/// missing". Empty if the text does not resemble a duration.
[[nodiscard]] std::string problem_of_duration(std::string_view text);

}  // namespace pawl
