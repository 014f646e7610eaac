#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <pawl/engine.hpp>

#include "server/live/event_watch.hpp"

namespace pawl::server {

/// The place of an event in a run's history. The first is {1, 0}; {0, 0} is before all.
struct event_position {
  std::uint64_t checkpoint = 0;
  std::uint64_t place = 0;

  friend auto operator<=>(const event_position&, const event_position&) = default;
  friend bool operator==(const event_position&, const event_position&) = default;
};

/// Live events that are kept while their reader is behind, for the subscription that it is given.
inline constexpr std::size_t max_events_behind = 1000;

/// Reads "<checkpoint>.<place>".
[[nodiscard]] std::optional<event_position> parse_event_id(std::string_view text);

/// Writes the events of one run to a peer: first those of its history after a position, then those
/// that happen, without gap or repeat. It listens before it reads the history, and passes over what
/// it hears that the history had. A peer that falls behind while events happen is told so and
/// dropped; one that is still reading the history reads on from there.
class run_watch final : public event_watch {
 public:
  /// `live`: made before the run was looked at. `follow`: do not end when the run is finished.
  run_watch(std::shared_ptr<live_streams> served_by, scope in, run_id run,
            std::shared_ptr<subscription> live, event_position after, bool follow,
            std::unique_ptr<event_sink> to);

 private:
  enum class phase : std::uint8_t { fresh, asking, reading, live, ending };

  void go_on() override;
  void ask_history();
  [[nodiscard]] bool take_page();
  void read_page();
  void follow_live();
  void ask_end();
  void end_if_finished();
  /// Writes an event of the run if it is behind the position. False: no more can be written now.
  [[nodiscard]] bool put(const history_event& event, event_position at);

  const run_id run_;
  const bool follow_;
  std::shared_ptr<subscription> given_;  ///< until it is listened to
  phase phase_ = phase::fresh;
  event_position position_;    ///< of the last event that was written, or need not be
  event_position heard_;       ///< of the last live event
  std::uint64_t read_to_ = 0;  ///< the last checkpoint that the history had
  history_page page_;
  std::size_t next_in_page_ = 0;
  event_position page_place_;
  bool finished_ = false;  ///< the last event of the run that was seen was its end
  std::optional<result<history_page>> answered_page_;
  std::optional<result<run_view>> answered_run_;
};

}  // namespace pawl::server
