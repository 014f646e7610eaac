#include "flow/logic/time_zone.hpp"

#include <date/tz.h>

#include <stdexcept>

namespace pawl::flow::logic {

std::optional<time_zone> time_zone::find(std::string_view name) {
  time_zone made;
  if (name == "UTC") return made;
  try {
    made.zone_ = date::locate_zone(std::string{name});
    return made;
  } catch (const std::runtime_error&) {  // how the library reports an unknown name
    return std::nullopt;
  }
}

time_zone::local_time time_zone::to_local(std::chrono::sys_seconds time) const {
  return zone_ == nullptr ? time : time + zone_->get_info(time).offset;
}

std::chrono::sys_seconds time_zone::to_utc(local_time local) const {
  if (zone_ == nullptr) return local;
  // The offset before the clocks change is right in all three cases.
  return local - zone_->get_info(date::local_seconds{local.time_since_epoch()}).first.offset;
}

std::string time_zone::abbreviation(std::chrono::sys_seconds time) const {
  return zone_ == nullptr ? "UTC" : zone_->get_info(time).abbrev;
}

}  // namespace pawl::flow::logic
