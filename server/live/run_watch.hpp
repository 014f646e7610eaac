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

/// The position of an event in a run's history. The first is {1, 0}; {0, 0} is before all events.
struct event_position {
  std::uint64_t checkpoint = 0;
  std::uint64_t place = 0;

  friend auto operator<=>(const event_position&, const event_position&) = default;
  friend bool operator==(const event_position&, const event_position&) = default;
};

/// Maximum number of live events queued for a reader.
inline constexpr std::size_t max_event_backlog = 1000;

/// Parses "<checkpoint>.<place>".
[[nodiscard]] std::optional<event_position> parse_event_id(std::string_view text);

/// Writes the events of one run to a peer: first its history after a position, then its live
/// events, without gaps or duplicates. It subscribes before it reads the history and skips live
/// events that the history contained. A peer that is too slow for the live events is dropped; one
/// that is still reading the history continues from there. If the run is deleted, the last event is
/// "run_deleted".
class run_watch final : public event_watch {
 public:
  /// `live`: a subscription made before the run was queried. `follow`: do not end when the run is
  /// finished.
  run_watch(std::shared_ptr<live_streams> served_by, scope in, run_id run,
            std::shared_ptr<subscription> live, event_position after, bool follow,
            std::unique_ptr<event_sink> to);

 private:
  enum class phase : std::uint8_t { initial, querying, reading, live, ending };

  void advance() override;
  void end_on(const error& why) override;
  void query_history();
  [[nodiscard]] bool take_page();
  void read_page();
  void follow_live();
  void query_end();
  void end_if_finished();
  void end_deleted(const history_event& last);
  /// Writes an event of the run if it is after the position. Returns false if no more can be
  /// written now.
  [[nodiscard]] bool put(const history_event& event, event_position at);

  const run_id run_;
  const bool follow_;
  std::shared_ptr<subscription> initial_subscription_;
  phase phase_ = phase::initial;
  event_position position_;        ///< of the last written event, or where the reader starts
  event_position live_position_;   ///< of the last live event
  std::uint64_t history_end_ = 0;  ///< the last checkpoint read from the history
  history_page page_;
  std::size_t next_in_page_ = 0;
  event_position page_position_;
  bool finished_ = false;  ///< the last event was the end of the run
  std::optional<result<history_page>> answered_page_;
  std::optional<result<run_view>> answered_run_;
};

}  // namespace pawl::server
