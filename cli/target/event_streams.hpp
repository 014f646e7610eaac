#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "cli/target/http_client.hpp"
#include "cli/target/sse_parser.hpp"

namespace pawl::cli {

/// Reads several event streams of a server concurrently. Not thread-safe.
class event_streams {
 public:
  explicit event_streams(const server_access& access);
  ~event_streams();
  event_streams(const event_streams&) = delete;
  event_streams& operator=(const event_streams&) = delete;

  /// Opens a stream under `name`. `after` is the `Last-Event-ID`, or empty.
  void open(const std::string& name, const std::string& path, const std::string& after);
  void close(const std::string& name) { streams_.erase(name); }
  [[nodiscard]] std::size_t count() const noexcept { return streams_.size(); }

  /// Reads available data. Waits for it at most `wait`.
  void poll(std::chrono::milliseconds wait);

  /// An event of a stream, or the id with which it began; without either, the end of the stream and
  /// its error, if any.
  struct update {
    std::string name;
    std::optional<stream_event> event = {};
    std::optional<error> failure = {};
    std::string first_id = {};
  };
  /// Removes and returns the oldest update.
  [[nodiscard]] std::optional<update> next();

 private:
  struct stream {
    event_streams* owner = nullptr;
    std::string name;
    curl_easy handle;
    curl_list headers;
    sse_parser parser;
    std::string error_body;  ///< start of the body of an error response
    bool too_large = false;
    bool begun = false;  ///< an event or an id has arrived

    ~stream();
    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  };

  void collect_ended();

  const server_access& access_;
  curl_multi multi_;
  std::map<std::string, std::unique_ptr<stream>> streams_;
  std::deque<update> updates_;
};

}  // namespace pawl::cli
