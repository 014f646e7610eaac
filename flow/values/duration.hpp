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
[[nodiscard]] std::string abbreviated(const json& value);

/// Parses a duration in a flow. None if the value is not a duration or is out of range.
[[nodiscard]] std::optional<std::chrono::milliseconds> duration_of(const json& value);
/// Says what is wrong with a value that is not a duration, as the predicate of a sentence: "is
/// \"5y\" (unknown unit \"y\"); it must be …".
[[nodiscard]] std::string why_no_duration(const json& value);

/// Parses a time in a flow. None if the value is not a time.
[[nodiscard]] std::optional<time_point> timestamp_of(const json& value);
/// As `why_no_duration`.
[[nodiscard]] std::string why_no_timestamp(const json& value);

}  // namespace pawl::flow
