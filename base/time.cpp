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

struct parsed_time {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  std::chrono::minutes offset{0};
  std::chrono::microseconds fraction{0};
  bool has_date = false, has_clock = false, has_offset = false;  ///< the form, part by part
  std::string_view rest;

  [[nodiscard]] std::chrono::year_month_day date() const {
    return {std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
            std::chrono::day{static_cast<unsigned>(day)}};
  }
  [[nodiscard]] bool is_on_clock() const { return hour <= 23 && minute <= 59 && second <= 60; }
  [[nodiscard]] bool is_whole() const { return has_offset && rest.empty(); }
};

parsed_time take_apart(std::string_view text) {
  parsed_time t;
  t.rest = text;
  auto& rest = t.rest;
  t.has_date = take_number(rest, 4, t.year) && take(rest, "-") && take_number(rest, 2, t.month) &&
               take(rest, "-") && take_number(rest, 2, t.day);
  t.has_clock = t.has_date && take(rest, "Tt ") && take_number(rest, 2, t.hour) &&
                take(rest, ":") && take_number(rest, 2, t.minute) && take(rest, ":") &&
                take_number(rest, 2, t.second) && take_fraction(rest, t.fraction);
  t.has_offset = t.has_clock && take_offset(rest, t.offset);
  return t;
}

constexpr auto max_ms = static_cast<double>(max_duration.count());

struct parsed_duration {
  bool has_number = false;
  double number = 0;
  std::string_view unit;

  [[nodiscard]] double unit_ms() const {
    return unit == "ms"  ? 1
           : unit == "s" ? 1e3
           : unit == "m" ? 60e3
           : unit == "h" ? 3600e3
           : unit == "d" ? 86400e3
                         : 0;
  }
};

parsed_duration parts_of_duration(std::string_view text) {
  parsed_duration d;
  const char* const end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, d.number);
  d.has_number = failure == std::errc{};
  d.unit = {rest, static_cast<std::size_t>(end - rest)};
  return d;
}

error refused(std::string_view what, std::string_view text, const std::string& why,
              std::string_view form) {
  return {errc::invalid_argument, "invalid " + std::string{what} + ": " + quoted(text) +
                                      (why.empty() ? "" : " (" + why + ")") + "; use the form " +
                                      std::string{form}};
}

}  // namespace

result<time_point> parse_rfc3339(std::string_view text) {
  const parsed_time t = take_apart(text);
  if (!t.is_whole() || !t.date().ok() || !t.is_on_clock())
    return refused("time", text, problem_of_time(text), "2026-01-31T09:30:00Z");
  return time_point{std::chrono::sys_days{t.date()}} + std::chrono::hours{t.hour} +
         std::chrono::minutes{t.minute} + std::chrono::seconds{t.second} + t.fraction - t.offset;
}

std::string problem_of_time(std::string_view text) {
  const parsed_time t = take_apart(text);
  if (!t.has_date) return {};
  if (t.month < 1 || t.month > 12) return "there is no month " + std::to_string(t.month);
  if (!t.date().ok()) return "the month has no day " + std::to_string(t.day);
  if (!t.has_clock) return "the time of day is missing or incomplete";
  if (!t.is_on_clock()) return "there is no such time of day";
  if (!t.has_offset) return "the offset from UTC is missing or invalid, such as Z or +01:00";
  return t.rest.empty() ? "" : quoted(t.rest) + " after the time";
}

result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const parsed_duration d = parts_of_duration(text);
  const double total_ms = d.number * d.unit_ms();
  if (!d.has_number || d.unit_ms() == 0 || !(total_ms >= 0 && total_ms <= max_ms))
    return refused("duration", text, problem_of_duration(text),
                   "250ms, 30s, 5m, 2h or 7d, at most 100 years");
  return std::chrono::milliseconds{std::llround(total_ms)};
}

std::string problem_of_duration(std::string_view text) {
  const parsed_duration d = parts_of_duration(text);
  if (!d.has_number || !std::isfinite(d.number)) return {};
  if (d.unit.empty()) return "the unit is missing";
  if (d.unit_ms() == 0) return "unknown unit " + quoted(d.unit);
  if (d.number < 0) return "it is negative";
  return d.number * d.unit_ms() > max_ms ? "it is longer than 100 years" : "";
}

}  // namespace pawl
