#include "actors/timer_list.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace pawl::actors {
namespace {

namespace keys = persistence::keys;

/// Timers that are due within this time are held in memory.
constexpr std::chrono::seconds timer_window{120};
constexpr std::size_t max_upcoming_timers = 50'000;

}  // namespace

timer_list::timer_list(persistence::timer_kind kind)
    : kind_(kind), all_(keys::timers(kind)), read_to_(all_.from) {}

bool timer_list::add(const run_key& key, time_point due) {
  std::string added = keys::timer(kind_, key, due);
  if (added >= read_to_) return false;  // read from the store when the window reaches it
  const auto [place, is_new] = upcoming_.insert(std::move(added));
  if (!is_new) return false;
  const bool is_first = place == upcoming_.begin();
  if (upcoming_.size() > max_upcoming_timers) {
    read_to_ = *upcoming_.rbegin();
    upcoming_.erase(std::prev(upcoming_.end()));
  }
  return is_first;
}

void timer_list::remove(const run_key& key, time_point due) {
  upcoming_.erase(keys::timer(kind_, key, due));
}

bool timer_list::must_read(time_point now) const {
  // Timers that did not fit into memory are next.
  if (upcoming_.empty() && read_to_ < keys::timers(kind_, now).to) return true;
  return upcoming_.size() < max_upcoming_timers / 2 &&
         read_to_ < keys::timers(kind_, now + timer_window / 2).to;
}

result<void> timer_list::read(const persistence::view& from, time_point now) {
  persistence::view::range range = all_;
  range.from = read_to_;
  const std::string end_of_window = keys::timers(kind_, now + timer_window).to;
  std::string next = all_.to;
  std::set<std::string> found;
  std::size_t room = max_upcoming_timers - std::min(upcoming_.size(), max_upcoming_timers);
  const auto scanned =
      from.scan(persistence::column::indexes, range, [&](std::string_view key, std::string_view) {
        if (room == 0 || key >= end_of_window) {
          next = std::string{key};
          return persistence::view::next::stop;
        }
        --room;
        found.emplace_hint(found.end(), key);
        return persistence::view::next::more;
      });
  if (!scanned) return scanned;
  upcoming_.merge(found);
  read_to_ = std::move(next);
  return {};
}

std::optional<std::string> timer_list::take_due(time_point now) {
  if (upcoming_.empty()) return std::nullopt;
  const auto due = next_due();
  if (due && *due > now) return std::nullopt;
  return std::move(upcoming_.extract(upcoming_.begin()).value());
}

std::optional<time_point> timer_list::next_due() const {
  return upcoming_.empty() ? std::nullopt : keys::due_of(*upcoming_.begin());
}

bool timer_list::is_empty() const {
  return upcoming_.empty() && read_to_ == all_.to;
}

}  // namespace pawl::actors
