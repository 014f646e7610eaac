#pragma once

#include <atomic>
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

/// Writes what happens in all runs of a scope to a peer, in the order in which it became durable.
/// It reads the journal; a subscription only wakes it, and tells what steps say while they run. So
/// a peer may be slow: it is dropped when the journal does not go back so far any more.
class scope_watch final : public live_session, public std::enable_shared_from_this<scope_watch> {
 public:
  /// `after`: none to begin with what happens from now on.
  scope_watch(std::shared_ptr<live_streams> served_by, scope in,
              std::optional<journal_position> after, std::unique_ptr<event_sink> to);

  void begin();
  /// The peer is gone. From any thread.
  void stop();

  void pump() override;
  void beat() override;

 private:
  enum class phase : std::uint8_t { fresh, asking, writing, resting, over };

  void listen();
  void ask();
  bool take_answer();
  /// False: no more can be written now.
  bool write_page();
  bool hear();
  void drop(std::string_view reason);
  void finish();
  bool written(std::size_t bytes);

  const std::shared_ptr<live_streams> served_by_;
  const scope in_;
  const std::unique_ptr<event_sink> to_;

  // What follows is the thread's of the streams.
  std::shared_ptr<subscription> live_;
  phase phase_ = phase::fresh;
  std::optional<journal_position> position_;
  event_page page_;
  std::size_t next_in_page_ = 0;
  std::size_t unsent_ = 0;  ///< bytes written since the peer had taken all
  bool heard_ = false;      ///< something happened since the journal was asked
  std::atomic<bool> draining_{false};
  std::atomic<bool> gone_{false};

  std::mutex mutex_;
  std::optional<result<event_page>> answered_;  ///< guarded by the mutex
};

}  // namespace pawl::server
