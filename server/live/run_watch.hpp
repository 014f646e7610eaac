#pragma once

#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include <pawl/engine.hpp>

#include "server/live/event_sink.hpp"
#include "server/live/live_streams.hpp"

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
class run_watch final : public live_session, public std::enable_shared_from_this<run_watch> {
 public:
  /// `live`: made before the run was looked at. `follow`: do not end when the run is finished.
  run_watch(std::shared_ptr<live_streams> served_by, scope in, run_id run,
            std::shared_ptr<subscription> live, event_position after, bool follow,
            std::unique_ptr<event_sink> to);

  /// To be called once, when the sink is open.
  void begin();
  /// The peer is gone. From any thread.
  void stop();

  void pump() override;
  void beat() override;

 private:
  /// What the thread of the streams works with; only it touches this.
  enum class phase : std::uint8_t { fresh, asking, reading, live, ending, over };

  void listen();  ///< anew
  void ask_history();
  void read_page();
  void follow_live();
  void ask_end();
  void drop(std::string_view reason);
  void finish();
  /// Writes an event of the run if it is behind the position. False: no more can be written now.
  bool put(const history_event& event, event_position at);
  bool written(std::size_t bytes);
  [[nodiscard]] std::function<void()> waker();

  const std::shared_ptr<live_streams> served_by_;
  const scope in_;
  const run_id run_;
  const bool follow_;
  const std::unique_ptr<event_sink> to_;

  std::shared_ptr<subscription> live_;
  phase phase_ = phase::fresh;
  event_position position_;    ///< of the last event that was written, or need not be
  event_position heard_;       ///< of the last live event
  std::uint64_t read_to_ = 0;  ///< the last checkpoint that the history had
  history_page page_;
  std::size_t next_in_page_ = 0;
  event_position page_place_;
  std::size_t unsent_ = 0;  ///< bytes written since the peer had taken all
  bool finished_ = false;   ///< the last event of the run that was seen was its end
  std::atomic<bool> draining_{false};
  std::atomic<bool> gone_{false};

  std::mutex mutex_;  ///< guards what follows: answers of the engine, for the streams' thread
  std::optional<result<history_page>> answered_page_;
  std::optional<result<run_view>> answered_run_;
};

}  // namespace pawl::server
