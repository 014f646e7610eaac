#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pawl/result.hpp>
#include <pawl/time.hpp>

#include "flow/logic/time_zone.hpp"

namespace pawl::flow::logic {

/// A duration in parts of the calendar and an exact rest.
struct calendar_duration {
  std::int64_t months = 0;
  std::int64_t days = 0;
  std::chrono::microseconds exact{0};
};

/// Parses "P1M2DT3H" (ISO 8601), "30s" or "7d" (exact, as in a flow), each also with "-" before it.
[[nodiscard]] std::optional<calendar_duration> parse_calendar_duration(std::string_view text);

/// Adds a duration: months and days to the date in the zone, where the 31st becomes the last day of
/// a shorter month; then the rest. None if the result is not in the years 1 to 9999.
[[nodiscard]] std::optional<time_point> add_duration(time_point to, const calendar_duration& what,
                                                     const time_zone& zone);

/// Whether a time is in the years 1 to 9999.
[[nodiscard]] bool is_in_calendar(time_point t) noexcept;

/// Formats a time by directives such as %Y-%m-%d; names are English. Error: `invalid_argument` for
/// an unknown directive.
[[nodiscard]] result<std::string> format_with(time_point t, std::string_view format,
                                              const time_zone& zone);

/// Parses a text by directives. What the format lacks is 1970-01-01T00:00:00. Error:
/// `invalid_argument` with what does not fit.
[[nodiscard]] result<time_point> parse_with(std::string_view text, std::string_view format,
                                            const time_zone& zone);

}  // namespace pawl::flow::logic
