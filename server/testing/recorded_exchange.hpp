#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "server/http/exchange.hpp"

namespace pawl::server::testing {

/// Maximum time that tests wait for an expected event.
inline constexpr std::chrono::seconds wait_timeout{20};

/// A stream or WebSocket that records what is written. Drains immediately unless it is blocked.
class recorded_stream final : public http::stream, public http::web_socket {
 public:
  bool write(std::string bytes) override {
    const std::lock_guard lock{mutex_};
    if (closed_ || refuses_) return false;
    text_ += bytes;
    changed_.notify_all();
    return true;
  }
  bool send(std::string text) override { return write(std::move(text) + "\n"); }
  [[nodiscard]] bool too_slow() const override { return refuses_; }
  void when_drained(std::function<void()> what) override {
    {
      const std::lock_guard lock{mutex_};
      if (blocked_) {
        drained_ = std::move(what);
        return;
      }
    }
    what();
  }
  /// The pause is over at once.
  void after_pause(std::chrono::milliseconds, std::function<void()> what) override { what(); }
  void close() override {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    changed_.notify_all();
  }
  void close(unsigned, std::string_view) override { close(); }
  void on_closed(std::function<void()> what) override { on_closed_.push_back(std::move(what)); }
  void on_message(std::function<void(std::string)> what) override { on_message_ = std::move(what); }

  /// Waits until the written text contains `part`, the stream is closed or the timeout expires, and
  /// returns the text.
  std::string wait_for(std::string_view part) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, wait_timeout,
                      [&] { return closed_ || text_.find(part) != text_.npos; });
    return text_;
  }
  /// Waits briefly for more text and returns all of it. For tests that poll.
  std::string wait_for_more() {
    std::unique_lock lock{mutex_};
    const std::size_t before = text_.size();
    changed_.wait_for(lock, std::chrono::milliseconds{20}, [&] { return text_.size() > before; });
    return text_;
  }
  std::string wait_for_end() {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, wait_timeout, [&] { return closed_; });
    return text_;
  }
  [[nodiscard]] bool closed() {
    const std::lock_guard lock{mutex_};
    return closed_;
  }

  /// Simulates a peer that stops reading.
  void block() {
    const std::lock_guard lock{mutex_};
    blocked_ = true;
  }
  void unblock() {
    std::function<void()> drained;
    {
      const std::lock_guard lock{mutex_};
      blocked_ = false;
      drained = std::exchange(drained_, nullptr);
    }
    if (drained) drained();
  }
  void disconnect() {
    close();
    for (const auto& callback : std::exchange(on_closed_, {})) callback();
  }
  void receive(std::string text) { on_message_(std::move(text)); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  bool closed_ = false;
  bool blocked_ = false;
  bool refuses_ = false;
  std::function<void()> drained_;
  std::vector<std::function<void()>> on_closed_;
  std::function<void(std::string)> on_message_;
};

/// An exchange that records its answer.
class recorded_exchange final : public http::exchange {
 public:
  explicit recorded_exchange(bool asks_for_socket = false) : asks_for_socket_(asks_for_socket) {}

  using http::exchange::respond;
  void respond(http::response answer, std::function<void()> lost) override {
    const std::lock_guard lock{mutex_};
    ++answers_;
    answer_ = std::move(answer);
    lost_ = std::move(lost);
    changed_.notify_all();
  }
  void on_disconnect(std::function<void()> what) override {
    const std::lock_guard lock{mutex_};
    on_disconnect_ = std::move(what);
  }
  /// Simulates a disconnect before the answer or while it is written.
  void disconnect() {
    std::function<void()> callback;
    {
      const std::lock_guard lock{mutex_};
      callback = answer_ ? std::exchange(lost_, nullptr) : std::exchange(on_disconnect_, nullptr);
    }
    if (callback) callback();
  }
  using http::exchange::respond_with_stream;
  std::shared_ptr<http::stream> respond_with_stream(http::response head,
                                                    std::optional<std::uint64_t>) override {
    auto made = std::make_shared<recorded_stream>();
    const std::lock_guard lock{mutex_};
    ++answers_;
    answer_ = std::move(head);
    stream_ = made;
    changed_.notify_all();
    return made;
  }
  std::shared_ptr<http::web_socket> accept_web_socket() override {
    auto made = std::make_shared<recorded_stream>();
    const std::lock_guard lock{mutex_};
    ++answers_;
    answer_ = http::response{101};
    stream_ = made;
    changed_.notify_all();
    return made;
  }
  [[nodiscard]] bool wants_web_socket() const override { return asks_for_socket_; }

  /// Waits for the answer.
  http::response wait() {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, wait_timeout, [&] { return answer_.has_value(); });
    return answer_.value_or(http::response{0, {}, "no answer came"});
  }
  [[nodiscard]] std::shared_ptr<recorded_stream> stream() {
    static_cast<void>(wait());
    return stream_;
  }
  [[nodiscard]] int answers() {
    const std::lock_guard lock{mutex_};
    return answers_;
  }

 private:
  const bool asks_for_socket_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<http::response> answer_;
  std::shared_ptr<recorded_stream> stream_;
  int answers_ = 0;
  std::function<void()> lost_;
  std::function<void()> on_disconnect_;
};

}  // namespace pawl::server::testing
