#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::cli {

/// One event of a `text/event-stream`.
struct stream_event {
  std::string id;    ///< empty: it has none of its own
  std::string kind;  ///< of the field `event`
  std::string data;
};

/// Takes a `text/event-stream` apart, in whatever pieces it comes. Comments and fields that it does
/// not know are passed over.
class event_text_reader {
 public:
  /// Adds what came. False: an event is larger than anything a server sends; nothing more is taken.
  [[nodiscard]] bool put(std::string_view piece);
  /// The next event that is complete.
  [[nodiscard]] std::optional<stream_event> next();

 private:
  std::string text_;  ///< not read yet from `at_` on
  std::size_t at_ = 0;
  stream_event current_;
  bool has_data_ = false;
};

}  // namespace pawl::cli
