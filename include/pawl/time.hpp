#pragma once

#include <chrono>
#include <string>

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

}  // namespace pawl
