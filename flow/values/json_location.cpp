#include "flow/values/json_location.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include <pawl/json.hpp>

namespace pawl::flow {
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

  /// Calls `see(name, key, value)` for each member or element of the container at `at`, with the
  /// positions of its key and value, until it returns false.
  template <class See>
  void for_each_child(std::size_t at, See see) const {
    if (at >= text_.size() || (text_[at] != '{' && text_[at] != '[')) return;
    const bool is_object = text_[at] == '{';
    std::size_t index = 0;
    at = skip_space(at + 1);
    while (at < text_.size() && text_[at] != '}' && text_[at] != ']') {
      std::string name = std::to_string(index++);
      const std::size_t key_at = at;
      if (is_object) {
        const std::size_t end = skip_string(at);
        name = text_of(text_.substr(at, end - at));
        at = skip_space(skip_space(end) + 1);  // skips the colon
      }
      if (!see(name, key_at, at)) return;
      at = skip_space(skip_value(at));
      if (at < text_.size() && text_[at] == ',') at = skip_space(at + 1);
    }
  }

  /// The position of the last member or element `name` of the container at `at`.
  [[nodiscard]] std::optional<std::size_t> child(std::size_t at, std::string_view name) const {
    std::optional<std::size_t> found;
    for_each_child(at, [&](const std::string& each, std::size_t, std::size_t value) {
      if (each == name) found = value;
      return true;
    });
    return found;
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

  static std::string text_of(std::string_view quoted) {
    const json key = json::parse(quoted, nullptr, /*allow_exceptions=*/false);
    return key.is_string() ? key.get<std::string>() : std::string{};
  }

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

/// The position of the value at a pointer, or of its innermost existing container.
std::size_t position_of(const scanner& json_text, std::string_view pointer) {
  std::size_t at = json_text.skip_space(0);
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    const auto inside = json_text.child(at, unescaped(pointer.substr(0, end)));
    if (!inside) break;
    at = *inside;
    pointer.remove_prefix(end);
  }
  return at;
}

}  // namespace

text_location location_of(std::string_view text, std::size_t byte) {
  text_location location;
  for (const char c : text.substr(0, byte)) {
    ++location.column;
    if (c == '\n') location = {location.line + 1, 1};
  }
  return location;
}

text_location locate(std::string_view text, std::string_view pointer) {
  return location_of(text, position_of(scanner{text}, pointer));
}

std::pair<text_location, text_location> locate_twice(std::string_view text,
                                                     std::string_view pointer,
                                                     std::string_view key) {
  const scanner json_text{text};
  const std::size_t object = position_of(json_text, pointer);
  std::size_t first = object;
  std::size_t second = object;
  json_text.for_each_child(object, [&](const std::string& each, std::size_t at, std::size_t) {
    if (each != key) return true;
    (first == object ? first : second) = at;
    return second == object;
  });
  return {location_of(text, first), location_of(text, second)};
}

}  // namespace pawl::flow
