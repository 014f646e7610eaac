#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::cli {

/// One event of a stream of server-sent events.
struct stream_event {
  std::string id;    ///< empty if the event has none
  std::string kind;  ///< the field `event`
  std::string data;
};

/// Incremental parser of server-sent events (`text/event-stream`). Skips comments and unknown
/// fields.
class sse_parser {
 public:
  /// Appends received text. Returns false if an event exceeds the maximum size.
  [[nodiscard]] bool feed(std::string_view text);
  /// Removes and returns the next complete event.
  [[nodiscard]] std::optional<stream_event> next();
  /// The id of the last complete block that had one, with or without an event: where the stream
  /// resumes. Empty before the first.
  [[nodiscard]] const std::string& last_id() const noexcept { return last_id_; }

 private:
  std::string text_;  ///< parsed up to `at_`
  std::size_t at_ = 0;
  stream_event current_;
  std::string last_id_;
  bool has_data_ = false;
};

}  // namespace pawl::cli
