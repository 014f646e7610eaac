#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include <pawl/engine.hpp>

#include "server/live/event_sink.hpp"
#include "server/live/live_streams.hpp"

namespace pawl::server {

/// What every watch has that writes events to a peer: its life among the streams, and that no more
/// is written than the peer has taken. The thread of the streams does everything but `stop` and
/// what the engine calls; these only wake it.
class event_watch : public live_session, public std::enable_shared_from_this<event_watch> {
 public:
  /// To be called once, when the sink is open.
  void begin();
  /// The peer is gone. From any thread.
  void stop();

  void pump() final;
  void beat() final;

 protected:
  event_watch(std::shared_ptr<live_streams> served_by, scope in, std::unique_ptr<event_sink> to);

  /// Writes what there is, as long as `written` says that more can be.
  virtual void go_on() = 0;

  [[nodiscard]] const scope& in() const noexcept { return in_; }
  [[nodiscard]] event_sink& to() const noexcept { return *to_; }
  [[nodiscard]] subscription& live() const noexcept { return *live_; }
  /// Hears what `from` tells from now on.
  void listen(std::shared_ptr<subscription> from);

  /// Where an answer of the engine goes that this waits for: into `place`, a member, from which
  /// `take_good` takes it.
  template <class T>
  [[nodiscard]] callback<T> into(std::optional<result<T>>& place) {
    return [self = shared_from_this(), &place](result<T> answer) {
      {
        const std::lock_guard lock{self->mutex_};
        place = std::move(answer);
      }
      self->served_by_->wake(self);
    };
  }
  /// None: it has not come yet, or was an error, with which this has ended.
  template <class T>
  [[nodiscard]] std::optional<T> take_good(std::optional<result<T>>& place) {
    std::unique_lock lock{mutex_};
    auto answer = std::exchange(place, std::nullopt);
    lock.unlock();
    if (!answer) return std::nullopt;
    if (*answer) return **std::move(answer);
    drop(answer->error().message);
    return std::nullopt;
  }

  /// To be told what the sink said of an event. False: no more can be written now.
  [[nodiscard]] bool written(std::size_t bytes);
  /// Says why, and ends.
  void drop(std::string_view reason);
  void finish();

 private:
  const std::shared_ptr<live_streams> served_by_;
  const scope in_;
  const std::unique_ptr<event_sink> to_;
  std::shared_ptr<subscription> live_;
  std::size_t unsent_ = 0;  ///< bytes written since the peer had taken all
  bool is_over_ = false;
  std::atomic<bool> draining_{false};
  std::atomic<bool> gone_{false};
  std::mutex mutex_;  ///< guards answers of the engine
};

}  // namespace pawl::server
