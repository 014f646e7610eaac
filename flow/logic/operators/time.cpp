// now, time_add, time_diff, format_time, parse_time. A time is a text (RFC 3339) or a number of
// seconds since 1970; the results are texts in UTC.

#include <array>
#include <cmath>
#include <utility>

#include "flow/logic/operators/arguments.hpp"
#include "flow/logic/operators/operators.hpp"
#include "flow/logic/time_text.hpp"

namespace pawl::flow::logic::op {
namespace {

constexpr std::uint64_t time_steps = 40;  // to parse or format a time, or to use a zone
constexpr double year_9999 = 253'402'300'799.0;
constexpr double year_1 = -62'135'596'800.0;

value shown(evaluation& run, const expression& call, std::optional<time_point> t) {
  if (!t || !is_in_calendar(*t))
    return refuse(run, call, "invalid_time", "has a result outside the years 1 to 9999");
  return made_text(run, to_rfc3339(*t));
}

// None after a failure.
std::optional<time_point> time_of(evaluation& run, const expression& call, const value& given) {
  if (!run.step(time_steps)) return std::nullopt;
  if (given.is_number()) {
    const double seconds = given.as_number().as_double();
    if (seconds >= year_1 && seconds <= year_9999)
      return from_unix_us(static_cast<std::int64_t>(std::llround(seconds * 1e6)));
  } else if (given.is_text() && given.size() < 100) {
    if (const auto parsed = parse_rfc3339(given.as_text())) return *parsed;
  } else if (!given.is_text()) {
    wrong_type(run, call, "a time", given);
    return std::nullopt;
  }
  refuse(run, call, "invalid_time",
         "takes a time such as \"2026-01-31T09:30:00Z\", or a number of seconds since 1970");
  return std::nullopt;
}

// Argument `i`, which names a zone; UTC if there is none. None after a failure.
std::optional<time_zone> zone_argument(evaluation& run, const expression& call, std::size_t i,
                                       const value& data) {
  if (i >= call.arg_count) return time_zone{};
  const auto name = text_argument(run, call, i, data);
  if (!name || !run.step(time_steps)) return std::nullopt;
  const auto found = name->size() < 100 ? time_zone::find(*name) : std::nullopt;
  if (!found)
    refuse(run, call, "invalid_time", "got an unknown time zone; write \"Europe/Berlin\"");
  return found;
}

// None after a failure.
std::optional<calendar_duration> duration_of(evaluation& run, const expression& call,
                                             const value& given) {
  constexpr double most = 1e12;  // seconds; beyond all calendars
  if (given.is_number()) {
    const double seconds = given.as_number().as_double();
    if (std::fabs(seconds) < most)
      return calendar_duration{0, 0, std::chrono::microseconds{std::llround(seconds * 1e6)}};
  } else if (given.is_text() && given.size() < 100) {
    if (const auto parsed = parse_calendar_duration(given.as_text())) return parsed;
  } else if (!given.is_text()) {
    wrong_type(run, call, "a duration", given);
    return std::nullopt;
  }
  refuse(run, call, "invalid_time",
         "takes a duration such as \"90s\", \"7d\" or \"P1M\", or a number of seconds");
  return std::nullopt;
}

// Seconds in a unit of time_diff; 0 for another text.
double seconds_in(std::string_view unit) noexcept {
  constexpr std::array<std::pair<std::string_view, double>, 5> units = {
      {{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86'400}}};
  for (const auto& [name, seconds] : units)
    if (name == unit) return seconds;
  return 0;
}

}  // namespace

value now(evaluation& run, const expression&, const value&) {
  if (!run.step(time_steps)) return {};
  return made_text(run, to_rfc3339(from_unix_us(run.data().context().now_us())));
}

value time_add(evaluation& run, const expression& call, const value& data) {
  const value given = run.arg(call, 0, data);
  if (given.is_absent()) return value::null();
  const auto to = time_of(run, call, given);
  if (!to) return {};
  const auto what = duration_of(run, call, run.arg(call, 1, data));
  if (!what) return {};
  const auto zone = zone_argument(run, call, 2, data);
  return zone ? shown(run, call, add_duration(*to, *what, *zone)) : value{};
}

// The first time minus the second, as a number of the unit (default: seconds).
value time_diff(evaluation& run, const expression& call, const value& data) {
  const value first = run.arg(call, 0, data);
  const value second = run.arg(call, 1, data);
  if (first.is_absent() || second.is_absent()) return value::null();
  const auto a = time_of(run, call, first);
  const auto b = a ? time_of(run, call, second) : std::nullopt;
  if (!b) return {};
  const auto name = text_argument(run, call, 2, data, "s");
  if (!name) return {};
  const double unit = seconds_in(*name);
  if (unit == 0)
    return refuse(run, call, "invalid_arguments",
                  R"(takes "ms", "s", "m", "h" or "d" as the unit)");
  return value::of(divide(number::integer((*a - *b).count()), number::real(unit * 1e6)));
}

value format_time(evaluation& run, const expression& call, const value& data) {
  const value given = run.arg(call, 0, data);
  if (given.is_absent()) return value::null();
  const auto t = time_of(run, call, given);
  const auto format = t ? text_argument(run, call, 1, data) : std::nullopt;
  const auto zone = format ? zone_argument(run, call, 2, data) : std::nullopt;
  // Each directive of two bytes costs about as much as 20 steps.
  if (!zone || !run.step(10 * format->size()) || !run.take(10 * format->size())) return {};
  const auto made = format_with(*t, *format, *zone);
  if (!made) return refuse(run, call, "invalid_arguments", "failed: " + made.error().message);
  return value::text(run.keep(*made));
}

// Without a format the text is a time (RFC 3339) with any offset.
value parse_time(evaluation& run, const expression& call, const value& data) {
  const value given = run.arg(call, 0, data);
  if (given.is_absent()) return value::null();
  if (call.arg_count == 1) {
    const auto t = time_of(run, call, given);
    return t ? shown(run, call, t) : value{};
  }
  if (!given.is_text()) return wrong_type(run, call, "a text", given);
  const auto format = text_argument(run, call, 1, data);
  const auto zone = format ? zone_argument(run, call, 2, data) : std::nullopt;
  if (!zone || !run.step(time_steps + 2 * format->size())) return {};
  const auto made = parse_with(given.as_text(), *format, *zone);
  if (!made)
    return refuse(run, call, "invalid_time", "cannot read the text: " + made.error().message);
  return shown(run, call, *made);
}

}  // namespace pawl::flow::logic::op
