#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace date {
class time_zone;
}

namespace pawl::flow::logic {

/// A time zone of the IANA database as the system has it (/usr/share/zoneinfo), or UTC. The process
/// reads the database once, when the first zone is looked up. Cheap to copy; safe for concurrent
/// use.
class time_zone {
 public:
  /// A date and time of day in a zone, as if it were UTC.
  using local_time = std::chrono::sys_seconds;

  time_zone() = default;  ///< UTC
  /// Finds "Europe/Berlin" or "UTC". None for an unknown name.
  [[nodiscard]] static std::optional<time_zone> find(std::string_view name);

  [[nodiscard]] local_time to_local(std::chrono::sys_seconds time) const;
  /// A time of day that the clocks skip moves on by what they skip; of one that they repeat it is
  /// the first.
  [[nodiscard]] std::chrono::sys_seconds to_utc(local_time local) const;
  /// "CET"
  [[nodiscard]] std::string abbreviation(std::chrono::sys_seconds time) const;

 private:
  const date::time_zone* zone_ = nullptr;  ///< null for UTC
};

}  // namespace pawl::flow::logic
