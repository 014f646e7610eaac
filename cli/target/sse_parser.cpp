#include "cli/target/sse_parser.hpp"

#include <utility>

namespace pawl::cli {
namespace {

constexpr std::size_t max_event_bytes = std::size_t{256} << 20;

}  // namespace

bool sse_parser::feed(std::string_view text) {
  if (at_ > 0) text_.erase(0, std::exchange(at_, 0));
  if (text_.size() + current_.data.size() + text.size() > max_event_bytes) return false;
  text_ += text;
  return true;
}

std::optional<stream_event> sse_parser::next() {
  while (true) {
    const auto end = text_.find('\n', at_);
    if (end == text_.npos) return std::nullopt;
    std::string_view line{text_.data() + at_, end - at_};
    at_ = end + 1;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) {
      if (!current_.id.empty()) last_id_ = current_.id;
      const bool complete = std::exchange(has_data_, false);
      stream_event done = std::exchange(current_, {});
      if (complete) return done;
      continue;
    }
    const auto colon = line.find(':');
    const auto name = line.substr(0, colon);
    auto value = colon == line.npos ? std::string_view{} : line.substr(colon + 1);
    if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    if (name == "id") {
      current_.id = std::string{value};
    } else if (name == "event") {
      current_.kind = std::string{value};
    } else if (name == "data") {
      if (std::exchange(has_data_, true)) current_.data += '\n';
      current_.data += value;
    }
  }
}

}  // namespace pawl::cli
