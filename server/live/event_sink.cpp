#include "server/live/event_sink.hpp"

#include <utility>

#include "server/views.hpp"

namespace pawl::server {
namespace {

constexpr unsigned policy_violation = 1008;  // RFC 6455, 7.4.1

class sse_sink final : public event_sink {
 public:
  explicit sse_sink(std::shared_ptr<http::stream> to) : to_(std::move(to)) {}

  std::size_t event(const std::string& id, std::string_view kind, const json& data) override {
    // Compact JSON has no line breaks, so one "data:" line is enough.
    std::string text;
    if (!id.empty()) text.append("id: ").append(id).append("\n");
    text.append("event: ").append(kind).append("\ndata: ").append(text_of(data)).append("\n\n");
    const std::size_t size = text.size();
    return to_->write(std::move(text)) ? size : 0;
  }
  /// An event without data sets the id of the stream and is not dispatched (HTML standard, 9.2.6).
  void begin(const std::string& id) override { to_->write("id: " + id + "\n\n"); }
  void heartbeat() override { to_->write(": \n\n"); }
  void close() override { to_->close(); }
  void refuse(const std::string&) override { to_->close(); }
  void when_drained(std::function<void()> what) override { to_->when_drained(std::move(what)); }

 private:
  const std::shared_ptr<http::stream> to_;
};

class web_socket_sink final : public event_sink {
 public:
  web_socket_sink(std::shared_ptr<http::web_socket> to, std::shared_ptr<pending_commands> commands)
      : to_(std::move(to)), commands_(std::move(commands)) {}

  std::size_t event(const std::string& id, std::string_view kind, const json& data) override {
    json message{{"type", kind == "end" || kind == "dropped" ? kind : "event"}};
    if (!id.empty()) message["id"] = id;
    message[kind == "end" ? "run" : "event"] = data;
    std::string text = text_of(message);
    const std::size_t size = text.size();
    if (kind == "end") {
      last_ = std::move(text);
      return size;
    }
    return to_->send(std::move(text)) ? size : 0;
  }
  void begin(const std::string& id) override {
    to_->send(text_of(json{{"type", "hello"}, {"after", id}}));
  }
  void heartbeat() override {}  // the transport pings
  void close() override {
    commands_->when_idle([to = to_, last = std::move(last_)] {
      if (!last.empty()) to->send(last);
      to->close(1000, "the run's events have ended");
    });
  }
  /// Without the results of pending commands: they may take long.
  void refuse(const std::string& reason) override { to_->close(policy_violation, reason); }
  void when_drained(std::function<void()> what) override { to_->when_drained(std::move(what)); }

 private:
  const std::shared_ptr<http::web_socket> to_;
  const std::shared_ptr<pending_commands> commands_;
  std::string last_;
};

}  // namespace

std::unique_ptr<event_sink> make_sse_sink(std::shared_ptr<http::stream> to) {
  return std::make_unique<sse_sink>(std::move(to));
}

std::unique_ptr<event_sink> make_web_socket_sink(std::shared_ptr<http::web_socket> to,
                                                 std::shared_ptr<pending_commands> commands) {
  return std::make_unique<web_socket_sink>(std::move(to), std::move(commands));
}

}  // namespace pawl::server
