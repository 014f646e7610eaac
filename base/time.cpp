#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>

#include <pawl/code_ref.hpp>
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

namespace {

/// Removes a number of exactly `digits` digits from the front.
bool take_number(std::string_view& text, std::size_t digits, int& number) {
  if (text.size() < digits) return false;
  const auto [rest, failure] = std::from_chars(text.data(), text.data() + digits, number);
  if (failure != std::errc{} || rest != text.data() + digits || number < 0) return false;
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == any_of.npos) return false;
  text.remove_prefix(1);
  return true;
}

/// Parses the offset from UTC at the end of a time.
bool take_offset(std::string_view& text, std::chrono::minutes& offset) {
  if (take(text, "Zz")) return true;
  const bool west = !text.empty() && text.front() == '-';
  int hours = 0, minutes = 0;
  if (!take(text, "+-") || !take_number(text, 2, hours) || !take(text, ":") ||
      !take_number(text, 2, minutes) || hours > 23 || minutes > 59)
    return false;
  offset = std::chrono::minutes{(west ? -1 : 1) * (hours * 60 + minutes)};
  return true;
}

bool take_fraction(std::string_view& text, std::chrono::microseconds& fraction) {
  if (!take(text, ".")) return true;
  std::size_t digits = 0;
  std::int64_t us = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    if (digits < 6) us = us * 10 + (text[digits] - '0');
    ++digits;
  }
  for (std::size_t i = digits; i < 6; ++i) us *= 10;
  text.remove_prefix(digits);
  fraction = std::chrono::microseconds{us};
  return digits > 0;
}

}  // namespace

result<time_point> parse_rfc3339(std::string_view text) {
  std::string_view rest = text;
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  std::chrono::minutes offset{0};
  std::chrono::microseconds fraction{0};
  const bool shaped = take_number(rest, 4, year) && take(rest, "-") &&
                      take_number(rest, 2, month) && take(rest, "-") && take_number(rest, 2, day) &&
                      take(rest, "Tt ") && take_number(rest, 2, hour) && take(rest, ":") &&
                      take_number(rest, 2, minute) && take(rest, ":") &&
                      take_number(rest, 2, second) && take_fraction(rest, fraction) &&
                      take_offset(rest, offset) && rest.empty();
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!shaped || !date.ok() || hour > 23 || minute > 59 || second > 60) {
    return error{errc::invalid_argument,
                 "invalid time: " + quoted(text) + "; use the form 2026-01-31T09:30:00Z"};
  }
  return time_point{std::chrono::sys_days{date}} + std::chrono::hours{hour} +
         std::chrono::minutes{minute} + std::chrono::seconds{second} + fraction - offset;
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
                 "invalid duration: " + quoted(text) +
                     "; use the form 250ms, 30s, 5m, 2h or 7d, at most 100 years"};
  }
  return std::chrono::milliseconds{std::llround(total_ms)};
}

}  // namespace pawl
