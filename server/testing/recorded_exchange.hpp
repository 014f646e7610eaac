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

/// How long tests wait for what must come.
inline constexpr std::chrono::seconds patience{20};

/// A stream, or a WebSocket, that keeps what is written. Drained at once unless it is `held`.
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
      if (held_) {
        drained_ = std::move(what);
        return;
      }
    }
    what();
  }
  void close() override {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    changed_.notify_all();
  }
  void close(unsigned, std::string_view) override { close(); }
  void on_closed(std::function<void()> what) override { on_closed_.push_back(std::move(what)); }
  void on_message(std::function<void(std::string)> what) override { on_message_ = std::move(what); }

  /// What was written, when it has `part`, or the stream is closed, or time is up.
  std::string wait_for(std::string_view part) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, patience, [&] { return closed_ || text_.find(part) != text_.npos; });
    return text_;
  }
  /// What was written so far; waits a moment for more. For tests that go on trying.
  std::string wait_for_more() {
    std::unique_lock lock{mutex_};
    const std::size_t before = text_.size();
    changed_.wait_for(lock, std::chrono::milliseconds{20}, [&] { return text_.size() > before; });
    return text_;
  }
  std::string wait_for_end() {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, patience, [&] { return closed_; });
    return text_;
  }
  [[nodiscard]] bool closed() {
    const std::lock_guard lock{mutex_};
    return closed_;
  }

  /// The peer stops reading: what is written is not taken.
  void hold() {
    const std::lock_guard lock{mutex_};
    held_ = true;
  }
  void release() {
    std::function<void()> drained;
    {
      const std::lock_guard lock{mutex_};
      held_ = false;
      drained = std::exchange(drained_, nullptr);
    }
    if (drained) drained();
  }
  void go_away() {
    close();
    for (const auto& told : std::exchange(on_closed_, {})) told();
  }
  void receive(std::string text) { on_message_(std::move(text)); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  bool closed_ = false;
  bool held_ = false;
  bool refuses_ = false;
  std::function<void()> drained_;
  std::vector<std::function<void()>> on_closed_;
  std::function<void(std::string)> on_message_;
};

/// An exchange that keeps its answer.
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
  void on_gone(std::function<void()> what) override {
    const std::lock_guard lock{mutex_};
    on_gone_ = std::move(what);
  }
  /// The peer goes away: before the answer, or while it is written.
  void go_away() {
    std::function<void()> told;
    {
      const std::lock_guard lock{mutex_};
      told = answer_ ? std::exchange(lost_, nullptr) : std::exchange(on_gone_, nullptr);
    }
    if (told) told();
  }
  std::shared_ptr<http::stream> respond_with_stream(http::response head) override {
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

  /// The answer, when it is there.
  http::response wait() {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, patience, [&] { return answer_.has_value(); });
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
  std::function<void()> on_gone_;
};

}  // namespace pawl::server::testing
