#include "cli/json_place.hpp"

#include <optional>
#include <string>

#include <pawl/json.hpp>

namespace pawl::cli {
namespace {

constexpr auto npos = std::string_view::npos;

/// Walks over JSON that a parser has found to be valid.
class walker {
 public:
  explicit walker(std::string_view text) : text_(text) {}

  [[nodiscard]] std::size_t past_space(std::size_t at) const {
    at = text_.find_first_not_of(" \t\r\n", at);
    return at == npos ? text_.size() : at;
  }

  /// Behind the value that begins at `at`.
  [[nodiscard]] std::size_t past_value(std::size_t at) const {
    std::size_t depth = 0;
    do {
      if (at >= text_.size()) return at;
      const char c = text_[at];
      if (c == '"') {
        at = past_text(at);
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

  /// Where the part of the container at `at` begins that `name` names.
  [[nodiscard]] std::optional<std::size_t> part(std::size_t at, std::string_view name) const {
    if (at >= text_.size() || (text_[at] != '{' && text_[at] != '[')) return std::nullopt;
    const bool is_object = text_[at] == '{';
    std::optional<std::size_t> found;
    std::size_t index = 0;
    at = past_space(at + 1);
    while (at < text_.size() && text_[at] != '}' && text_[at] != ']') {
      std::string key = std::to_string(index++);
      if (is_object) {
        const std::size_t end = past_text(at);
        key = json::parse(text_.substr(at, end - at)).get<std::string>();
        at = past_space(past_space(end) + 1);  // the colon between
      }
      if (key == name) found = at;
      at = past_space(past_value(at));
      if (at < text_.size() && text_[at] == ',') at = past_space(at + 1);
    }
    return found;
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

  [[nodiscard]] std::size_t past_text(std::size_t at) const {
    for (++at; at < text_.size() && text_[at] != '"'; ++at)
      if (text_[at] == '\\') ++at;
    return std::min(at + 1, text_.size());
  }

  std::string_view text_;
};

/// A part of a pointer without its escapes.
std::string unescaped(std::string_view part) {
  std::string name;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] == '~' && i + 1 < part.size()) {
      name += part[++i] == '1' ? '/' : '~';
    } else {
      name += part[i];
    }
  }
  return name;
}

}  // namespace

text_place node_of(std::string_view text, std::string_view pointer) {
  const walker json_text{text};
  std::size_t at = json_text.past_space(0);
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    const auto inside = json_text.part(at, unescaped(pointer.substr(0, end)));
    if (!inside) break;
    at = *inside;
    pointer.remove_prefix(end);
  }
  text_place place;
  for (const char c : text.substr(0, at)) {
    ++place.column;
    if (c == '\n') place = {place.line + 1, 1};
  }
  return place;
}

}  // namespace pawl::cli
