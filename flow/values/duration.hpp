#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <pawl/json.hpp>
#include <pawl/time.hpp>

namespace pawl::flow {

inline constexpr const char* duration_forms =
    "a duration such as \"250ms\", \"30s\", \"5m\" or \"2h\", or a number of seconds";
inline constexpr const char* moment_forms =
    "a moment such as \"2026-01-31T09:30:00Z\", or a number of seconds since 1970";

/// A value in a message: its beginning, in ASCII, so that no character is cut in two.
[[nodiscard]] inline std::string beginning_of(const json& value) {
  constexpr std::size_t most = 100;
  std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  if (text.size() > most) text.replace(most, text.npos, "...");
  return text;
}

/// A duration as flows write it. None if the value is no such, or out of range.
[[nodiscard]] inline std::optional<std::chrono::milliseconds> duration_of(const json& value) {
  if (value.is_string()) {
    if (const auto parsed = parse_duration(value.get_ref<const std::string&>())) return *parsed;
  } else if (value.is_number()) {
    const auto seconds = value.get<double>();
    if (seconds >= 0 && seconds <= static_cast<double>(max_duration.count()) / 1000.0)
      return std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000)};
  }
  return std::nullopt;
}

/// A moment as flows write it. None if the value is no such.
[[nodiscard]] inline std::optional<time_point> moment_of(const json& value) {
  if (value.is_string()) {
    if (const auto parsed = parse_rfc3339(value.get_ref<const std::string&>())) return *parsed;
  } else if (value.is_number()) {
    const auto seconds = value.get<double>();
    constexpr double year_9999 = 253'402'300'799.0;
    if (seconds >= 0 && seconds <= year_9999)
      return from_unix_us(static_cast<std::int64_t>(seconds * 1e6));
  }
  return std::nullopt;
}

}  // namespace pawl::flow
