#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <utility>

#include <pawl/engine.hpp>

#include "server/live/event_sink.hpp"
#include "server/live/live_streams.hpp"
#include "server/problem.hpp"

namespace pawl::server {

/// Base of sessions that write events to a peer: life cycle and back-pressure. Everything runs on
/// the thread of `live_streams`, except `stop` and the engine's callbacks, which only wake it.
class event_watch : public live_session, public std::enable_shared_from_this<event_watch> {
 public:
  /// Sets a function that returns why the reader may not continue, if it may not. It is called
  /// several times a second. Set it before `begin`.
  void set_permission(std::function<std::optional<problem>()> recheck) {
    recheck_ = std::move(recheck);
  }
  /// Starts the session. Call once, when the sink is open.
  void begin();
  /// Reports that the peer disconnected. Any thread.
  void stop();

  void pump() final;
  void heartbeat() final;
  void check_permission() final;

 protected:
  event_watch(std::shared_ptr<live_streams> served_by, scope in, std::unique_ptr<event_sink> to);

  /// Writes the available events as long as `can_continue` returns true.
  virtual void advance() = 0;

  [[nodiscard]] const scope& in() const noexcept { return in_; }
  [[nodiscard]] event_sink& to() const noexcept { return *to_; }
  /// Withdraws the queries of the session when the peer has disconnected.
  [[nodiscard]] std::stop_token gone() const noexcept { return gone_.get_token(); }
  [[nodiscard]] subscription& live() const noexcept { return *live_; }
  /// Replaces the subscription whose events wake the session.
  void subscribe(std::shared_ptr<subscription> from);

  /// A callback that stores an answer of the engine in `place`, a member, for `take_value`, and
  /// wakes the session.
  template <class T>
  [[nodiscard]] callback<T> store_into(std::optional<result<T>>& place) {
    return [self = shared_from_this(), &place](result<T> answer) {
      {
        const std::lock_guard lock{self->mutex_};
        place = std::move(answer);
      }
      self->served_by_->wake(self);
    };
  }
  /// Ends the session because of an error of a query.
  virtual void end_on(const error& why) { drop(why.message); }
  /// Takes a stored answer. Nothing if there is none yet, or if it is an error: then the session
  /// has ended.
  template <class T>
  [[nodiscard]] std::optional<T> take_value(std::optional<result<T>>& place) {
    std::unique_lock lock{mutex_};
    auto answer = std::exchange(place, std::nullopt);
    lock.unlock();
    if (!answer) return std::nullopt;
    if (*answer) return **std::move(answer);
    end_on(answer->error());
    return std::nullopt;
  }

  /// A function that lets the session advance. Any thread may call it, also when the session is
  /// gone.
  [[nodiscard]] std::function<void()> waker();
  /// Lets the events of another subscription wake the session, too.
  void wake_on(subscription& other);
  /// Calls `advance` again at a time, unless the session waits for its sink then. Call it in
  /// `advance`.
  void advance_at(std::chrono::steady_clock::time_point when);
  [[nodiscard]] bool has_ended() const noexcept { return closed_; }

  /// Takes the result of `event_sink::event`. Returns false if no more can be written now.
  [[nodiscard]] bool can_continue(std::size_t written_bytes);
  /// Sends "dropped" with the reason, and ends the session.
  void drop(std::string_view reason);
  void finish();

 private:
  const std::shared_ptr<live_streams> served_by_;
  const scope in_;
  const std::unique_ptr<event_sink> to_;
  std::function<std::optional<problem>()> recheck_;
  std::shared_ptr<subscription> live_;
  std::size_t unsent_ = 0;  ///< bytes written since the sink was last drained
  bool closed_ = false;
  std::atomic<bool> draining_{false};
  std::stop_source gone_;
  std::mutex mutex_;  ///< guards the stored answers
};

}  // namespace pawl::server
