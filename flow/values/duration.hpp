#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <pawl/json.hpp>
#include <pawl/time.hpp>

namespace pawl::flow {

inline constexpr const char* duration_forms =
    "a duration such as \"250ms\", \"30s\", \"5m\" or \"2h\", or a number of seconds";
inline constexpr const char* timestamp_forms =
    "a time such as \"2026-01-31T09:30:00Z\", or a number of seconds since 1970";

/// Returns the text of a value for a message: at most about 100 bytes, in ASCII.
[[nodiscard]] inline std::string abbreviated(const json& value) {
  constexpr std::size_t max_bytes = 100;
  std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  if (text.size() > max_bytes) text.replace(max_bytes, text.npos, "...");
  return text;
}

/// Parses a duration in a flow. None if the value is not a duration or is out of range.
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

/// Parses a time in a flow. None if the value is not a time.
[[nodiscard]] inline std::optional<time_point> timestamp_of(const json& value) {
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
