#include "flow/values/duration.hpp"

#include <cmath>

namespace pawl::flow {
namespace {

constexpr double max_seconds = static_cast<double>(max_duration.count()) / 1000.0;
constexpr double year_9999 = 253'402'300'799.0;

std::string refused(const json& value, const std::string& why, const char* forms) {
  return "is " + abbreviated(value) + (why.empty() ? "" : " (" + why + ")") + "; it must be " +
         forms;
}

/// What is wrong with a number that must be from 0 to `max`.
std::string problem_of_number(const json& value, double max, const char* too_large) {
  const auto number = value.get<double>();
  if (number < 0) return "it is negative";
  return number > max ? too_large : "";
}

}  // namespace

std::string abbreviated(const json& value) {
  constexpr std::size_t max_bytes = 100;
  std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  if (text.size() > max_bytes) text.replace(max_bytes, text.npos, "...");
  return text;
}

std::optional<std::chrono::milliseconds> duration_of(const json& value) {
  if (value.is_string()) {
    if (const auto parsed = parse_duration(value.get_ref<const std::string&>())) return *parsed;
  } else if (value.is_number()) {
    const auto seconds = value.get<double>();
    if (seconds >= 0 && seconds <= max_seconds)
      return std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000)};
  }
  return std::nullopt;
}

std::string why_no_duration(const json& value) {
  std::string why;
  if (value.is_string()) why = problem_of_duration(value.get_ref<const std::string&>());
  if (value.is_number()) why = problem_of_number(value, max_seconds, "it is longer than 100 years");
  return refused(value, why, duration_forms);
}

std::optional<time_point> timestamp_of(const json& value) {
  if (value.is_string()) {
    if (const auto parsed = parse_rfc3339(value.get_ref<const std::string&>())) return *parsed;
  } else if (value.is_number()) {
    const auto seconds = value.get<double>();
    if (seconds >= 0 && seconds <= year_9999)
      return from_unix_us(static_cast<std::int64_t>(seconds * 1e6));
  }
  return std::nullopt;
}

std::string why_no_timestamp(const json& value) {
  std::string why;
  if (value.is_string()) why = problem_of_time(value.get_ref<const std::string&>());
  if (value.is_number()) why = problem_of_number(value, year_9999, "it is after the year 9999");
  return refused(value, why, timestamp_forms);
}

}  // namespace pawl::flow
