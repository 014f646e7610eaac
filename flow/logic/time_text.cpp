#include "flow/logic/time_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace pawl::flow::logic {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 7> weekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                      "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months_of_year = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

constexpr auto first_time = sys_days{year{1} / January / 1};
constexpr auto end_of_times = sys_days{year{10'000} / January / 1};

error bad(std::string message) {
  return {errc::invalid_argument, std::move(message)};
}

std::string padded(std::int64_t number, std::size_t width) {
  std::string text = std::to_string(number);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

std::string offset_text(seconds offset) {
  const auto total = duration_cast<minutes>(offset).count();
  const auto size = total < 0 ? -total : total;
  return (total < 0 ? "-" : "+") + padded(size / 60, 2) + padded(size % 60, 2);
}

/// The year and week of ISO 8601.
std::pair<int, std::int64_t> iso_week(sys_days day) {
  const auto thursday =
      day - (weekday{day} - Monday) + days{3};  // of the week, which decides its year
  const year_month_day at{thursday};
  return {int{at.year()}, (thursday - sys_days{at.year() / January / 1}).count() / 7 + 1};
}

/// A time in the parts that directives show.
struct parts {
  parts(time_point t, const time_zone& in)
      : time(floor<seconds>(t)),
        local(in.to_local(time)),
        day(floor<days>(local)),
        date(day),
        clock(local - day),
        milliseconds_of(floor<milliseconds>(t - time).count()),
        zone(in) {}

  [[nodiscard]] std::int64_t hour12() const {
    const auto hour = clock.hours().count() % 12;
    return hour == 0 ? 12 : hour;
  }

  sys_seconds time;
  sys_seconds local;
  sys_days day;
  year_month_day date;
  hh_mm_ss<seconds> clock;
  std::int64_t milliseconds_of;
  const time_zone& zone;
};

/// Appends what a directive shows. Returns false for an unknown one.
bool append(std::string& to, char directive, const parts& at) {
  const std::string_view month = months_of_year[unsigned{at.date.month()} - 1];
  const std::string_view name = weekdays[weekday{at.day}.c_encoding()];
  switch (directive) {
    case 'Y':
      return to += padded(int{at.date.year()}, 4), true;
    case 'y':
      return to += padded(int{at.date.year()} % 100, 2), true;
    case 'm':
      return to += padded(unsigned{at.date.month()}, 2), true;
    case 'd':
      return to += padded(unsigned{at.date.day()}, 2), true;
    case 'e':
      return to += std::to_string(unsigned{at.date.day()}), true;
    case 'j':
      return to += padded((at.day - sys_days{at.date.year() / January / 1}).count() + 1, 3), true;
    case 'H':
      return to += padded(at.clock.hours().count(), 2), true;
    case 'I':
      return to += padded(at.hour12(), 2), true;
    case 'p':
      return to += at.clock.hours().count() < 12 ? "AM" : "PM", true;
    case 'M':
      return to += padded(at.clock.minutes().count(), 2), true;
    case 'S':
      return to += padded(at.clock.seconds().count(), 2), true;
    case 'L':
      return to += padded(at.milliseconds_of, 3), true;
    case 'z':
      return to += offset_text(at.local - at.time), true;
    case 'Z':
      return to += at.zone.abbreviation(at.time), true;
    case 's':
      return to += std::to_string(at.time.time_since_epoch().count()), true;
    case 'A':
      return to += name, true;
    case 'a':
      return to += name.substr(0, 3), true;
    case 'B':
      return to += month, true;
    case 'b':
      return to += month.substr(0, 3), true;
    case 'u':
      return to += std::to_string(weekday{at.day}.iso_encoding()), true;
    case 'G':
      return to += padded(iso_week(at.day).first, 4), true;
    case 'V':
      return to += padded(iso_week(at.day).second, 2), true;
    case '%':
      return to += '%', true;
    default:
      return false;
  }
}

/// Reads a text by directives.
class reader {
 public:
  explicit reader(std::string_view text) : rest_(text) {}

  /// Returns an empty text, or what does not fit.
  std::string read(char directive) {
    switch (directive) {
      case 'Y':
        return number(year_, 4, 1, 9999, "year");
      case 'm':
        return number(month_, 2, 1, 12, "month");
      case 'd':
      case 'e':
        return number(day_, 2, 1, 31, "day");
      case 'H':
        return number(hour_, 2, 0, 23, "hour");
      case 'I':
        return number(hour12_, 2, 1, 12, "hour");
      case 'M':
        return number(minute_, 2, 0, 59, "minute");
      case 'S':
        return number(second_, 2, 0, 59, "second");
      case 'L':
        return number(millisecond_, 3, 0, 999, "millisecond");
      case 's':
        has_unix_ = true;
        return number(unix_, 12, 0, 253'402'300'799, "number of seconds");
      case 'p':
        return half_of_day();
      case 'b':
        return month_name(3);
      case 'B':
        return month_name(std::string_view::npos);
      case 'z':
        return offset();
      case '%':
        return literal('%');
      default:
        return std::string("the format has the directive %") + directive + ", which cannot be read";
    }
  }

  std::string literal(char c) {
    if (!rest_.starts_with(c)) return std::string("\"") + c + "\" is missing";
    rest_.remove_prefix(1);
    return {};
  }

  [[nodiscard]] result<time_point> finish(const time_zone& zone) const {
    if (!rest_.empty()) return bad("there is more text than the format describes");
    if (has_unix_) return time_point{seconds{unix_} + milliseconds{millisecond_}};
    const year_month_day date{year{static_cast<int>(year_)}, month{static_cast<unsigned>(month_)},
                              day{static_cast<unsigned>(day_)}};
    if (!date.ok()) return bad("the month has no such day");
    std::int64_t hour = hour_;
    if (hour12_ > 0) hour = hour12_ % 12 + (afternoon_ ? 12 : 0);
    const sys_seconds local = sys_days{date} + hours{hour} + minutes{minute_} + seconds{second_};
    const sys_seconds time = offset_ ? local - *offset_ : zone.to_utc(local);
    return time_point{time + milliseconds{millisecond_}};
  }

 private:
  std::string number(std::int64_t& to, std::size_t most, std::int64_t min, std::int64_t max,
                     const char* what) {
    std::size_t size = 0;
    while (size < most && size < rest_.size() && rest_[size] >= '0' && rest_[size] <= '9') ++size;
    if (size == 0) return std::string("the ") + what + " is missing";
    std::from_chars(rest_.data(), rest_.data() + size, to);
    rest_.remove_prefix(size);
    return to < min || to > max ? std::string("the ") + what + " is out of range" : std::string{};
  }

  std::string half_of_day() {
    const std::string_view half = rest_.substr(0, 2);
    if (half != "AM" && half != "PM") return "AM or PM is missing";
    afternoon_ = half == "PM";
    rest_.remove_prefix(2);
    return {};
  }

  std::string month_name(std::size_t length) {
    for (std::size_t i = 0; i < months_of_year.size(); ++i) {
      const std::string_view name = months_of_year[i].substr(0, length);
      if (!rest_.starts_with(name)) continue;
      rest_.remove_prefix(name.size());
      month_ = static_cast<std::int64_t>(i) + 1;
      return {};
    }
    return "the name of the month is missing";
  }

  std::string offset() {
    if (rest_.starts_with('Z')) {
      offset_ = seconds{0};
      rest_.remove_prefix(1);
      return {};
    }
    const bool negative = rest_.starts_with('-');
    if (!negative && !rest_.starts_with('+')) return "the offset is missing";
    rest_.remove_prefix(1);
    std::int64_t hour = 0;
    std::int64_t minute = 0;
    if (auto why = number(hour, 2, 0, 18, "hour of the offset"); !why.empty()) return why;
    if (rest_.starts_with(':')) rest_.remove_prefix(1);
    if (auto why = number(minute, 2, 0, 59, "minute of the offset"); !why.empty()) return why;
    const seconds size = hours{hour} + minutes{minute};
    offset_ = negative ? -size : size;
    return {};
  }

  std::string_view rest_;
  std::int64_t year_ = 1970;
  std::int64_t month_ = 1;
  std::int64_t day_ = 1;
  std::int64_t hour_ = 0;
  std::int64_t hour12_ = 0;
  std::int64_t minute_ = 0;
  std::int64_t second_ = 0;
  std::int64_t millisecond_ = 0;
  std::int64_t unix_ = 0;
  bool has_unix_ = false;
  bool afternoon_ = false;
  std::optional<seconds> offset_;
};

/// Reads the parts of an ISO 8601 duration after its "P".
std::optional<calendar_duration> parse_iso(std::string_view text) {
  calendar_duration made;
  bool in_time = false;
  std::string_view units = "YMWD";
  if (text.empty() || text.ends_with('T')) return std::nullopt;
  while (!text.empty()) {
    if (text.front() == 'T' && !in_time) {
      in_time = true;
      units = "HMS";
      text.remove_prefix(1);
      continue;
    }
    std::int64_t count = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
    const auto size = static_cast<std::size_t>(end - text.data());
    if (problem != std::errc{} || count < 0 || count > 1'000'000'000 || size == text.size())
      return std::nullopt;
    const auto unit = units.find(text[size]);
    if (unit == units.npos) return std::nullopt;
    const std::int64_t second_units[] = {3600, 60, 1};
    if (units.size() + unit >= 3 && in_time) {
      made.exact += seconds{count * second_units[3 - units.size() + unit]};
    } else if (text[size] == 'Y') {
      made.months += 12 * count;
    } else if (text[size] == 'M') {
      made.months += count;
    } else {
      made.days += text[size] == 'W' ? 7 * count : count;
    }
    units.remove_prefix(unit + 1);
    text.remove_prefix(size + 1);
  }
  return made;
}

}  // namespace

std::optional<calendar_duration> parse_calendar_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  std::optional<calendar_duration> made;
  if (text.starts_with('P')) {
    made = parse_iso(text.substr(1));
  } else if (const auto exact = parse_duration(text)) {
    made = calendar_duration{0, 0, *exact};
  }
  if (!made || !negative) return made;
  return calendar_duration{-made->months, -made->days, -made->exact};
}

bool is_in_calendar(time_point t) noexcept {
  return t >= first_time && t < end_of_times;
}

std::optional<time_point> add_duration(time_point to, const calendar_duration& what,
                                       const time_zone& zone) {
  constexpr std::int64_t max_months = 12 * 10'000;
  constexpr std::int64_t max_days = 366 * 10'000;
  if (!is_in_calendar(to) || what.months > max_months || what.months < -max_months ||
      what.days > max_days || what.days < -max_days)
    return std::nullopt;
  time_point at = to;
  if (what.months != 0 || what.days != 0) {
    const auto whole = floor<seconds>(to);
    const auto local = zone.to_local(whole);
    const auto day = floor<days>(local);
    year_month_day date{day};
    date += months{what.months};
    if (!date.ok()) date = date.year() / date.month() / last;
    const auto moved = sys_days{date} + days{what.days};
    if (moved < first_time || moved >= end_of_times) return std::nullopt;
    at = zone.to_utc(moved + (local - day)) + (to - whole);
  }
  at += what.exact;
  return is_in_calendar(at) ? std::optional{at} : std::nullopt;
}

result<std::string> format_with(time_point t, std::string_view format, const time_zone& zone) {
  const parts at{t, zone};
  std::string made;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      made += format[i];
    } else if (++i == format.size() || !append(made, format[i], at)) {
      return bad("the format has an unknown directive \"%" + std::string(format.substr(i, 1)) +
                 "\"");
    }
  }
  return made;
}

result<time_point> parse_with(std::string_view text, std::string_view format,
                              const time_zone& zone) {
  reader from{text};
  for (std::size_t i = 0; i < format.size(); ++i) {
    std::string why;
    if (format[i] != '%') {
      why = from.literal(format[i]);
    } else if (++i == format.size()) {
      why = "the format ends in %";
    } else {
      why = from.read(format[i]);
    }
    if (!why.empty()) return bad(std::move(why));
  }
  return from.finish(zone);
}

}  // namespace pawl::flow::logic
