#pragma once

#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "server/http/listener.hpp"
#include "server/http/test_client.hpp"
#include "tests/support/catch.hpp"

/// Test helpers: a listener on a free port and a handler that calls a function.
namespace pawl::server::http::testing {

using handler_function = std::function<void(request, std::shared_ptr<exchange>)>;
using admit_function = std::function<admitted_request(const request&)>;

class function_handler final : public handler {
 public:
  explicit function_handler(handler_function what, admit_function admit = {},
                            std::uint64_t max_sink_bytes = 0)
      : what_(std::move(what)), admit_(std::move(admit)), max_sink_bytes_(max_sink_bytes) {}
  void handle(request what, std::shared_ptr<exchange> answer) override {
    what_(std::move(what), std::move(answer));
  }
  [[nodiscard]] admitted_request admit(const request& head) override {
    return admit_ ? admit_(head) : handler::admit(head);
  }
  [[nodiscard]] std::uint64_t max_sink_bytes() const noexcept override { return max_sink_bytes_; }

 private:
  const handler_function what_;
  const admit_function admit_;
  const std::uint64_t max_sink_bytes_;
};

/// Polls `holds` until it is true. Returns false after the timeout.
template <class Condition>
[[nodiscard]] bool eventually(const Condition& holds) {
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds{test_client::timeout_s};
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

/// Answers "METHOD path?query body".
inline void echo(request what, std::shared_ptr<exchange> answer) {
  std::string text = what.method + " " + what.path;
  if (!what.query.empty()) text += "?" + what.query;
  answer->respond(
      {.status = 200, .fields = {{"Content-Type", "text/plain"}}, .body = text + " " + what.body});
}

class test_listener {
 public:
  explicit test_listener(handler_function what = echo, server_settings s = {},
                         admit_function admit = {}, std::uint64_t max_sink_bytes = 0)
      : handler_(std::move(what), std::move(admit), max_sink_bytes) {
    if (s.listen == server_settings{}.listen) s.listen = {"127.0.0.1:0"};
    if (s.threads == 0) s.threads = 2;
    auto opened = listener::open({.settings = std::move(s),
                                  .handler = handler_,
                                  .logger = std::make_shared<spdlog::logger>(
                                      "test", std::make_shared<spdlog::sinks::null_sink_mt>()),
                                  .observer = [this](const finished_request& one) { add(one); }});
    if (!opened) FAIL(opened.error().message);
    listener_ = *std::move(opened);
  }

  [[nodiscard]] listener& operator*() noexcept { return *listener_; }
  [[nodiscard]] listener* operator->() noexcept { return listener_.get(); }
  [[nodiscard]] std::string address() const { return listener_->addresses().front(); }
  [[nodiscard]] test_client connect(int receive_buffer = 0) const {
    return test_client{address(), receive_buffer};
  }
  [[nodiscard]] std::vector<finished_request> finished() const {
    const std::lock_guard lock{mutex_};
    return finished_;
  }
  /// Destroys the listener before its handler.
  void destroy() { listener_.reset(); }

 private:
  void add(const finished_request& one) {
    const std::lock_guard lock{mutex_};
    finished_.push_back(one);
  }

  mutable std::mutex mutex_;
  std::vector<finished_request> finished_;
  function_handler handler_;
  std::unique_ptr<listener> listener_;
};

/// Exchanges that a test answers later, in order of arrival.
class saved_exchanges {
 public:
  void add(std::shared_ptr<exchange> one) {
    const std::lock_guard lock{mutex_};
    saved_.push_back(std::move(one));
    changed_.notify_all();
  }
  /// Waits for the exchange with this number, from 0, and returns it; null after the timeout.
  [[nodiscard]] std::shared_ptr<exchange> wait_for(std::size_t number) {
    std::unique_lock lock{mutex_};
    const auto is_there = [&] { return saved_.size() > number; };
    if (!changed_.wait_for(lock, std::chrono::seconds{test_client::timeout_s}, is_there))
      return nullptr;
    return std::move(saved_[number]);
  }
  [[nodiscard]] std::size_t count() const {
    const std::lock_guard lock{mutex_};
    return saved_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<exchange>> saved_;
};

}  // namespace pawl::server::http::testing
