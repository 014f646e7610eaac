#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>

#include <pawl/time.hpp>

namespace pawl {

std::string to_rfc3339(time_point t) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(t);
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(t - seconds).count();
  const std::time_t unix_seconds = seconds.time_since_epoch().count();
  std::tm utc{};
  if (gmtime_r(&unix_seconds, &utc) == nullptr) return "(time out of range)";
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
                utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                static_cast<int>(milliseconds));
  return text;
}

result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, number);
  const std::string_view unit{rest, static_cast<std::size_t>(end - rest)};
  const double unit_ms = unit == "ms"  ? 1
                         : unit == "s" ? 1e3
                         : unit == "m" ? 60e3
                         : unit == "h" ? 3600e3
                         : unit == "d" ? 86400e3
                                       : 0;
  const double total_ms = number * unit_ms;
  const bool good = failure == std::errc{} && unit_ms > 0 && total_ms >= 0 &&
                    total_ms <= static_cast<double>(max_duration.count());
  if (!good) {
    return error{errc::invalid_argument,
                 "\"" + std::string{text} +
                     "\" is no duration; write it as 250ms, 30s, 5m, 2h or 7d (100 years at most)"};
  }
  return std::chrono::milliseconds{std::llround(total_ms)};
}

}  // namespace pawl
