#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "cli/target/event_text_reader.hpp"
#include "cli/target/http_client.hpp"

namespace pawl::cli {

/// Reads several event streams of a server at once. One thread.
class event_streams {
 public:
  explicit event_streams(const server_access& access);
  ~event_streams();
  event_streams(const event_streams&) = delete;
  event_streams& operator=(const event_streams&) = delete;

  /// Opens a stream; `name` stands for it from then on. `after`: `Last-Event-ID`, or empty.
  void open(const std::string& name, const std::string& path, const std::string& after);
  void close(const std::string& name) { streams_.erase(name); }
  [[nodiscard]] std::size_t count() const noexcept { return streams_.size(); }

  /// Reads what has come; waits for it at most `wait`.
  void poll(std::chrono::milliseconds wait);

  /// An event of one of the streams, or (no event) that it has ended: its failure, if it is one.
  struct arrival {
    std::string name;
    std::optional<stream_event> event = {};
    std::optional<error> failure = {};
  };
  [[nodiscard]] std::optional<arrival> next();

 private:
  struct stream {
    event_streams* owner = nullptr;
    std::string name;
    curl_easy handle;
    curl_list headers;
    event_text_reader reader;
    std::string refusal;  ///< the start of a body that is no stream
    bool too_large = false;

    ~stream();
    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  };

  void take_ended();

  const server_access& access_;
  curl_multi multi_;
  std::map<std::string, std::unique_ptr<stream>> streams_;
  std::deque<arrival> arrivals_;
};

}  // namespace pawl::cli
