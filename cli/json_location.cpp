#include "cli/json_location.hpp"

#include <optional>
#include <string>

#include <pawl/json.hpp>

namespace pawl::cli {
namespace {

constexpr auto npos = std::string_view::npos;

/// Moves through JSON text that is known to be valid.
class scanner {
 public:
  explicit scanner(std::string_view text) : text_(text) {}

  [[nodiscard]] std::size_t skip_space(std::size_t at) const {
    at = text_.find_first_not_of(" \t\r\n", at);
    return at == npos ? text_.size() : at;
  }

  /// The position after the value that begins at `at`.
  [[nodiscard]] std::size_t skip_value(std::size_t at) const {
    std::size_t depth = 0;
    do {
      if (at >= text_.size()) return at;
      const char c = text_[at];
      if (c == '"') {
        at = skip_string(at);
      } else if (c == '{' || c == '[') {
        ++depth;
        ++at;
      } else if (c == '}' || c == ']') {
        --depth;
        ++at;
      } else if (c == ',' || c == ':' || is_space(c)) {
        ++at;
      } else {
        at = std::min(text_.find_first_of(",:]} \t\r\n", at), text_.size());
      }
    } while (depth > 0);
    return at;
  }

  /// The position of member or element `name` of the container at `at`.
  [[nodiscard]] std::optional<std::size_t> child(std::size_t at, std::string_view name) const {
    if (at >= text_.size() || (text_[at] != '{' && text_[at] != '[')) return std::nullopt;
    const bool is_object = text_[at] == '{';
    std::optional<std::size_t> found;
    std::size_t index = 0;
    at = skip_space(at + 1);
    while (at < text_.size() && text_[at] != '}' && text_[at] != ']') {
      std::string key = std::to_string(index++);
      if (is_object) {
        const std::size_t end = skip_string(at);
        key = json::parse(text_.substr(at, end - at)).get<std::string>();
        at = skip_space(skip_space(end) + 1);  // skips the colon
      }
      if (key == name) found = at;
      at = skip_space(skip_value(at));
      if (at < text_.size() && text_[at] == ',') at = skip_space(at + 1);
    }
    return found;
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

  [[nodiscard]] std::size_t skip_string(std::size_t at) const {
    for (++at; at < text_.size() && text_[at] != '"'; ++at)
      if (text_[at] == '\\') ++at;
    return std::min(at + 1, text_.size());
  }

  std::string_view text_;
};

/// Unescapes a segment of a pointer.
std::string unescaped(std::string_view segment) {
  std::string name;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] == '~' && i + 1 < segment.size()) {
      name += segment[++i] == '1' ? '/' : '~';
    } else {
      name += segment[i];
    }
  }
  return name;
}

}  // namespace

text_location locate(std::string_view text, std::string_view pointer) {
  const scanner json_text{text};
  std::size_t at = json_text.skip_space(0);
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    const auto inside = json_text.child(at, unescaped(pointer.substr(0, end)));
    if (!inside) break;
    at = *inside;
    pointer.remove_prefix(end);
  }
  text_location location;
  for (const char c : text.substr(0, at)) {
    ++location.column;
    if (c == '\n') location = {location.line + 1, 1};
  }
  return location;
}

}  // namespace pawl::cli
