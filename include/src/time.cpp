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

}  // namespace pawl
